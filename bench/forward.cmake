# bench/run forward: the load on the native client, and the floor under it. Built with everything
# else.
if(TARGET hop_client)
  add_executable(hop-bench-load bench/forward/load.c bench/forward/histogram.c)
  target_link_libraries(hop-bench-load PRIVATE hop_client)
  add_executable(hop-bench-floor bench/forward/floor.c)
  target_link_libraries(hop-bench-floor PRIVATE hop_media_net hop_media_srtp PkgConfig::GLIB)
endif()
