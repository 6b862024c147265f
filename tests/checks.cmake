# Layout and static analysis (tools/lint), skipped where clang's tools are not installed; the GPU check, dry; the fuzzers.
# clang-tidy reads a third of the files, another one every day; all of them: tools/lint --tidy.
add_test(NAME lint.format COMMAND ${CMAKE_SOURCE_DIR}/tools/lint --format)
add_test(NAME lint.tidy COMMAND ${CMAKE_SOURCE_DIR}/tools/lint --tidy --build ${CMAKE_BINARY_DIR} --part 1/3)
set_tests_properties(lint.format lint.tidy PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(lint.tidy PROPERTIES LABELS slow TIMEOUT 3600)

add_test(NAME tools.gpu_check COMMAND ${CMAKE_CURRENT_LIST_DIR}/tools/gpu_check_test)
set_tests_properties(tools.gpu_check PROPERTIES TIMEOUT 120)

add_test(NAME tools.make_emoji_dataset COMMAND ${CMAKE_CURRENT_LIST_DIR}/tools/make_emoji_dataset_test
                                               $<TARGET_FILE:gan_cuda_train>)
set_tests_properties(tools.make_emoji_dataset PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)

# A short look by the fuzzers; tests/fuzz/README.md has a longer one's figures. Skipped where clang's libFuzzer is missing.
add_test(NAME fuzz COMMAND ${CMAKE_CURRENT_LIST_DIR}/fuzz/run 5)
set_tests_properties(fuzz PROPERTIES SKIP_RETURN_CODE 77 LABELS slow TIMEOUT 900)
