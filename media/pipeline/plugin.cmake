# What media/pipeline builds beside its library; included at the end of the root CMakeLists.txt.
#
# libgsthop.so: the element hopmixer for gst-launch-1.0 and gst-inspect-1.0.
add_library(gsthop MODULE ${CMAKE_SOURCE_DIR}/media/pipeline/plugin.c)
target_link_libraries(gsthop PRIVATE hop_media_pipeline)

# The element on a test clock.
pkg_check_modules(GSTCHECK IMPORTED_TARGET gstreamer-check-1.0)
if(GSTCHECK_FOUND AND CMOCKA_FOUND)
  add_executable(unit_media_pipeline_harness_hopmixer
    ${CMAKE_SOURCE_DIR}/tests/unit/media/pipeline/harness_hopmixer.c)
  target_compile_options(unit_media_pipeline_harness_hopmixer PRIVATE -Wno-missing-prototypes)
  target_link_libraries(unit_media_pipeline_harness_hopmixer PRIVATE hop_media_pipeline
    PkgConfig::CMOCKA PkgConfig::GSTCHECK m)
  add_test(NAME unit_media_pipeline_harness_hopmixer COMMAND unit_media_pipeline_harness_hopmixer)
  set_tests_properties(unit_media_pipeline_harness_hopmixer PROPERTIES LABELS unit TIMEOUT 120)
endif()
