# The impaired line (README.md): its core as a library for the unit tests, and the relay.
file(GLOB line_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
list(FILTER line_sources EXCLUDE REGEX "/main\\.c$")
add_library(hop_line STATIC ${line_sources})
target_link_libraries(hop_line PUBLIC m)
add_executable(hop-line ${CMAKE_CURRENT_LIST_DIR}/main.c)
target_link_libraries(hop-line PRIVATE hop_line)
