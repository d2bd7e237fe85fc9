# The C programs behind bench/bench_*.mjs. Not tested, but built with everything else.
file(GLOB bench_mix_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/mix/*.c)
add_executable(hop-bench-mix ${bench_mix_sources})
target_link_libraries(hop-bench-mix PRIVATE hop_media_pipeline PkgConfig::OPUS m)
