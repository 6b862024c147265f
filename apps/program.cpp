#include "apps/program.h"

#include <fmt/format.h>

#include <iostream>
#include <new>

#include "engine/device/thread_policy.h"
#include "kernels/core/contract/error.h"

namespace gan {

int run_program(std::string_view name, int count, char** arguments,
                const std::function<ExitCode(const std::vector<std::string>&)>& body) {
  const auto fail = [&](ExitCode code, std::string_view message) {
    std::cerr << fmt::format("{}: error: {}\n", name, message);
    return static_cast<int>(code);
  };
  spin_briefly(arguments);
  try {
    return static_cast<int>(body({arguments + 1, arguments + count}));
  } catch (const InputError& error) {
    return fail(ExitCode::WrongInput, error.what());
  } catch (const MachineError& error) {
    return fail(ExitCode::MachineCannot, error.what());
  } catch (const DivergedError& error) {
    return fail(ExitCode::Diverged, error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::MachineCannot, "out of memory; a smaller --batch, --width or --image-size needs less");
  } catch (const std::exception& error) { return fail(ExitCode::InternalError, error.what()); }
}

}  // namespace gan
