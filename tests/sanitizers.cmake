# The emulated kernel tests of the sanitizer builds (presets address and thread) as tests of this build, so that one
# ctest run sums up everything. A tree that has not been built is skipped; tools/test builds both. The thread orders do
# not matter to a sanitizer: one of them is enough.
file(GLOB SANITIZED_TESTS ${CMAKE_CURRENT_SOURCE_DIR}/kernels/*_test.cpp)
foreach(sanitizer address thread)
  set(binaries ${CMAKE_BINARY_DIR}/${sanitizer}/bin)
  set(names)
  foreach(source ${SANITIZED_TESTS})
    get_filename_component(file ${source} NAME_WE)
    string(REGEX REPLACE "_test$" "" name ${file})
    add_test(NAME ${sanitizer}.${name}
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run_if_built ${binaries}/kernel_tests_emulated --filenames-as-tags "[#${file}]")
    list(APPEND names ${sanitizer}.${name})
  endforeach()
  add_test(NAME ${sanitizer}.emulation
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run_if_built ${binaries}/emulation_tests)
  list(APPEND names ${sanitizer}.emulation)
  set(environment GAN_EMULATION_SEEDS=1)
  if(sanitizer STREQUAL address)
    list(APPEND environment ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0)
  else()
    list(APPEND environment TSAN_OPTIONS=halt_on_error=1)
  endif()
  set_tests_properties(${names} PROPERTIES LABELS sanitizer SKIP_RETURN_CODE 77 TIMEOUT 1200
    FAIL_REGULAR_EXPRESSION "No test cases matched"
    ENVIRONMENT "${environment}")
endforeach()
