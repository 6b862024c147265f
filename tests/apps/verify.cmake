# The program against PyTorch on the CPU; skipped where no Python imports torch (tools/python_setup installs it).
add_executable(write_images ${CMAKE_CURRENT_LIST_DIR}/write_images.cpp)
target_link_libraries(write_images PRIVATE gan_engine gan_backend)
foreach(what mlp points dcgan least_squares hinge relativistic wgan wgan_gp zero_centred gp_norm models norms spectral_norm
             kinks graph tampering example missing)
  add_test(NAME pytorch.${what}
           COMMAND ${CMAKE_CURRENT_LIST_DIR}/verify_pytorch_test $<TARGET_FILE:gan_cuda_train>
                   $<TARGET_FILE:write_images> ${what})
  set_tests_properties(pytorch.${what} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endforeach()
