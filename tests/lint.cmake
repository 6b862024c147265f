# Layout and static analysis (tools/lint); skipped where clang's tools are not installed. And the GPU check, dry.
foreach(check format tidy)
  add_test(NAME lint.${check} COMMAND ${CMAKE_SOURCE_DIR}/tools/lint --${check} --build ${CMAKE_BINARY_DIR})
  set_tests_properties(lint.${check} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
set_tests_properties(lint.tidy PROPERTIES LABELS slow TIMEOUT 3600)

add_test(NAME tools.gpu_check COMMAND ${CMAKE_CURRENT_LIST_DIR}/tools/gpu_check_test)
set_tests_properties(tools.gpu_check PROPERTIES TIMEOUT 120)
