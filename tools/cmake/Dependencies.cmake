# Libraries from the system's packages.

find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)

find_path(DNNL_INCLUDE_DIR dnnl.h REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(gan_dnnl INTERFACE)
target_include_directories(gan_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE_DIR})
target_link_libraries(gan_dnnl INTERFACE ${DNNL_LIBRARY})

if(GAN_TESTS)
  find_package(Catch2 REQUIRED)  # 2 or 3
endif()
