# Libraries from the system's packages.

find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GIF REQUIRED)
find_package(Threads REQUIRED)

# Libraries that are headers alone, wherever a package (config, pkg-config or neither) has put them.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(gan_header_libraries INTERFACE)
target_include_directories(gan_header_libraries SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE_DIR} ${XXHASH_INCLUDE_DIR})

find_path(DNNL_INCLUDE_DIR dnnl.h REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(gan_dnnl INTERFACE)
target_include_directories(gan_dnnl SYSTEM INTERFACE ${DNNL_INCLUDE_DIR})
target_link_libraries(gan_dnnl INTERFACE ${DNNL_LIBRARY})

find_path(WEBP_INCLUDE_DIR webp/decode.h REQUIRED)
find_library(WEBP_LIBRARY webp REQUIRED)
add_library(gan_webp INTERFACE)
target_include_directories(gan_webp SYSTEM INTERFACE ${WEBP_INCLUDE_DIR})
target_link_libraries(gan_webp INTERFACE ${WEBP_LIBRARY})

# Not by its package: Debian's names programs that the library's users do not have.
find_path(LIBZIP_INCLUDE_DIR zip.h REQUIRED)
find_library(LIBZIP_LIBRARY zip REQUIRED)
add_library(gan_libzip INTERFACE)
target_include_directories(gan_libzip SYSTEM INTERFACE ${LIBZIP_INCLUDE_DIR})
target_link_libraries(gan_libzip INTERFACE ${LIBZIP_LIBRARY})

# Optional: plots as PNG beside SVG.
option(GAN_LIBRSVG "draw plots as PNG where librsvg is installed" ON)
if(GAN_LIBRSVG)
  find_package(PkgConfig)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(LIBRSVG librsvg-2.0>=2.52)  # the first that says its size in px
  endif()
endif()

if(GAN_TESTS)
  find_package(Catch2 REQUIRED)  # 2 or 3
  find_library(WEBPDEMUX_LIBRARY webpdemux REQUIRED)  # reads animations
endif()
