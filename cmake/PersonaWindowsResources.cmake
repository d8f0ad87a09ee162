# What a program for Windows has in it besides code. PERSONA_EVENT_MESSAGES is the folder of event_messages.h, the
# identifiers of the messages of the Event Log. Object libraries, because the linker would leave a resource in an archive.
#
#   persona_event_messages   the message table of the Event Log
#   persona_manifest         the manifest (UTF-8, long paths) and the version that Explorer shows
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
add_library(persona_event_messages OBJECT ${PERSONA_EVENT_MESSAGES}/event_messages.rc)
target_include_directories(persona_event_messages PUBLIC ${PERSONA_EVENT_MESSAGES})

configure_file(${CMAKE_CURRENT_SOURCE_DIR}/host/persona.rc.in ${CMAKE_CURRENT_BINARY_DIR}/host/persona.rc @ONLY)
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/host/persona.manifest ${CMAKE_CURRENT_BINARY_DIR}/host/persona.manifest COPYONLY)
set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/host/persona.rc PROPERTIES
  OBJECT_DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/host/persona.manifest)
add_library(persona_manifest OBJECT ${CMAKE_CURRENT_BINARY_DIR}/host/persona.rc)
target_include_directories(persona_manifest PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/host)
