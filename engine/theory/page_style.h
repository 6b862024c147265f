// How the page of the theory looks.
#pragma once

#include <string_view>

namespace gan::theory {

/// A style sheet: one column of text for screens of any width, wider pictures, and paper.
std::string_view page_style();

}  // namespace gan::theory
