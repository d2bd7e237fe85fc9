# libgsthop.so, the element hopmixer for gst-launch-1.0 and gst-inspect-1.0. Included by the root
# CMakeLists.txt after hop_media_pipeline.
add_library(gsthop MODULE ${CMAKE_SOURCE_DIR}/media/pipeline/plugin.c)
target_link_libraries(gsthop PRIVATE hop_media_pipeline)
