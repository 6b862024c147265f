// Catch2, whichever major version the system has.
#pragma once

#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>  // version 2 brings Approx into the global namespace by itself
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;
#endif
