# bench/run video: the meeting of fifty, on the native client. Built with everything else.
if(TARGET hop_client)
  add_executable(hop-bench-grid bench/video/grid.c)
  target_link_libraries(hop-bench-grid PRIVATE hop_client)
endif()
