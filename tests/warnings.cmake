# Warnings of the compiler are errors for who works on persona and in the tests, and for no user: cmake -DROOT=... -DFOLDER=...
# -P warnings.cmake configures presets below FOLDER and looks at how they compile.
function(expect_errors expected preset)
  execute_process(COMMAND ${CMAKE_COMMAND} --preset ${preset} -S ${ROOT} -B ${FOLDER}/${preset} -DPERSONA_TESTS=OFF ${ARGN}
    WORKING_DIRECTORY ${ROOT} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${FOLDER}/${preset}/compile_commands.json commands)
  string(FIND "${commands}" " -Wall " warned)
  if(warned EQUAL -1)
    message(FATAL_ERROR "preset ${preset} compiles without -Wall")
  endif()
  string(FIND "${commands}" " -Werror " found)
  if(found EQUAL -1)
    set(errors NO)
  else()
    set(errors YES)
  endif()
  if(NOT errors STREQUAL expected)
    message(FATAL_ERROR "preset ${preset} ${ARGN}: are warnings errors? ${errors}, expected ${expected}")
  endif()
endfunction()

file(REMOVE_RECURSE ${FOLDER})
expect_errors(YES dev)
expect_errors(NO release)
expect_errors(YES release -DCMAKE_COMPILE_WARNING_AS_ERROR=ON) # as scripts/build does for scripts/test
