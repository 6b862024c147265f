// What an error says: the tests of messages.
#pragma once

#include <initializer_list>
#include <string>
#include <typeinfo>

#include "kernels/core/contract/error.h"
#include "tests/support/catch.h"

namespace gan::test {

/// The message with which `action` throws exactly `Expected`; the test fails when it throws nothing or something else.
template <class Expected, class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    if (typeid(error) != typeid(Expected)) FAIL("another kind of error: " << error.what());
    return error.what();
  }
  FAIL("no error was thrown");
  return {};
}

/// Fails unless `action` throws exactly an `Expected` whose message is one line with all of `parts` in it.
template <class Expected, class Action>
void require_error(const Action& action, std::initializer_list<std::string> parts) {
  const std::string message = message_of<Expected>(action);
  INFO(message);
  REQUIRE(message.find('\n') == std::string::npos);
  for (const std::string& part : parts) {
    INFO("wants: " << part);
    REQUIRE(message.find(part) != std::string::npos);
  }
}

}  // namespace gan::test
