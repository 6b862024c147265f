# Compilers: warnings, sanitizers, processor and GPU architectures.

add_library(gan_options INTERFACE)
target_include_directories(gan_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(gan_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wno-missing-field-initializers -Wno-restrict -march=${GAN_CPU}
    $<$<BOOL:${GAN_WERROR}>:-Werror> -fno-math-errno>)  # g++ vectorises square roots only without errno

if(GAN_SANITIZE)
  target_compile_options(gan_options INTERFACE -fsanitize=${GAN_SANITIZE} -fno-omit-frame-pointer -g1
    -Wno-maybe-uninitialized)  # g++ 12 sees ghosts in std::regex under AddressSanitizer
  if(GAN_SANITIZE MATCHES undefined)
    target_compile_options(gan_options INTERFACE -fno-sanitize-recover=all)
  endif()
  target_link_options(gan_options INTERFACE -fsanitize=${GAN_SANITIZE})
endif()

# One OpenMP runtime serves this program and oneDNN. ThreadSanitizer does not understand libgomp: loops are serial there.
if(NOT GAN_SANITIZE MATCHES thread)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  target_link_libraries(gan_options INTERFACE OpenMP::OpenMP_CXX)
endif()

if(GAN_CUDA AND NOT GAN_SANITIZE)
  include(CheckLanguage)
  if(NOT CMAKE_CUDA_COMPILER AND EXISTS /usr/local/cuda/bin/nvcc)
    set(CMAKE_CUDA_COMPILER /usr/local/cuda/bin/nvcc)
  endif()
  check_language(CUDA)
endif()
if(GAN_CUDA AND NOT GAN_SANITIZE AND CMAKE_CUDA_COMPILER)
  set(GAN_HAS_CUDA ON)
  # Ampere and Hopper in machine code (Hopper with its own instructions), PTX for whatever comes after.
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90a-real 90-virtual CACHE STRING "GPU architectures to compile for")
  enable_language(CUDA)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # Debian 12's CMake does not know how to ask nvcc 13 for C++20
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  find_package(CUDAToolkit REQUIRED)
else()
  set(GAN_HAS_CUDA OFF)
  message(STATUS "No CUDA toolkit (or not asked for): everything but the CUDA backend is built.")
endif()
