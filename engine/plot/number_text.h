// Numbers as readers like them: a true minus sign, powers of ten with raised digits.
#pragma once

#include <string>

namespace gan::plot {

/// "10⁻³" for -3.
std::string power_of_ten(int exponent);

/// A finite number with as many decimals as given: "−1.50", "20,000"; "2·10⁻⁷" where |value| is below 0.001 or from a million
/// on (decimals then do not matter).
std::string number_label(double value, int decimals);

/// Any number with `digits` significant digits, without zeros at its end: "0.6931", "123,456", "1.5·10⁶", "−∞", "not a number".
std::string significant(double value, int digits = 4);

}  // namespace gan::plot
