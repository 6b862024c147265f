// Stands in for the header of the same name where kernels are compiled as C++: CUDA on the CPU.
#pragma once

#include "tests/emulation/emulation.h"
