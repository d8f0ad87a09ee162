# The message table of the Event Log, for Windows only: persona_event_messages is the resource that a program links,
# PERSONA_EVENT_MESSAGES the folder of event_messages.h, the identifiers of its messages.
if(MSVC)
  find_program(PERSONA_MESSAGE_COMPILER mc REQUIRED)
else()
  string(REGEX REPLACE "windres(\\.exe)?$" "windmc" windmc "${CMAKE_RC_COMPILER}")
  find_program(PERSONA_MESSAGE_COMPILER NAMES ${windmc} windmc REQUIRED)
endif()
set(PERSONA_EVENT_MESSAGES ${CMAKE_CURRENT_BINARY_DIR}/event_messages)
file(MAKE_DIRECTORY ${PERSONA_EVENT_MESSAGES})
add_custom_command(
  OUTPUT ${PERSONA_EVENT_MESSAGES}/event_messages.rc ${PERSONA_EVENT_MESSAGES}/event_messages.h
  COMMAND ${PERSONA_MESSAGE_COMPILER} -h ${PERSONA_EVENT_MESSAGES} -r ${PERSONA_EVENT_MESSAGES}
    ${CMAKE_CURRENT_SOURCE_DIR}/base/event_messages.mc
  DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/base/event_messages.mc VERBATIM)
# An object library, because the linker would leave a resource in an archive.
add_library(persona_event_messages OBJECT ${PERSONA_EVENT_MESSAGES}/event_messages.rc)
target_include_directories(persona_event_messages PUBLIC ${PERSONA_EVENT_MESSAGES})
