# bench/run forward and compare: the load, and the floor under it. Built with everything
# else.
if(TARGET hop_client)
  # hop-load: participants by the thousand, for hopd and for Janus.
  file(GLOB hop_load_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/load/*.c)
  add_executable(hop-load ${hop_load_sources} bench/forward/histogram.c bench/audio/tone.c
    bench/audio/delays.c)
  target_link_libraries(hop-load PRIVATE hop_client)
  add_executable(hop-bench-floor bench/forward/floor.c bench/load/net.c)
  target_link_libraries(hop-bench-floor PRIVATE hop_media_net hop_media_srtp PkgConfig::GLIB)
endif()
