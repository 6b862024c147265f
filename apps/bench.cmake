# Times whole training iterations, or every instruction of one.
add_executable(gan_cuda_bench ${CMAKE_CURRENT_LIST_DIR}/gan_cuda_bench.cpp)
target_link_libraries(gan_cuda_bench PRIVATE gan_program gan_backend)
