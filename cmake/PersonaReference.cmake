# The manual pages and the scripts for completion are what the program prints; they are installed with it.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()
set(PERSONA_ZSH_COMPLETION_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where zsh finds completions")
set(reference ${CMAKE_BINARY_DIR}/reference)
set(reference_files "")
# persona_reference(FILE FOLDER ARGUMENTS...): what `persona ARGUMENTS` prints becomes FILE, to be installed in FOLDER.
function(persona_reference file folder)
  add_custom_command(OUTPUT ${reference}/${file}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${reference}
    COMMAND persona ${ARGN} >${reference}/${file}
    DEPENDS persona)
  install(FILES ${reference}/${file} DESTINATION ${folder})
  set(reference_files ${reference_files} ${reference}/${file} PARENT_SCOPE)
endfunction()
persona_reference(persona.1 ${CMAKE_INSTALL_MANDIR}/man1 manual persona)
persona_reference(persona.yaml.5 ${CMAKE_INSTALL_MANDIR}/man5 manual persona.yaml)
persona_reference(persona ${CMAKE_INSTALL_DATADIR}/bash-completion/completions completion bash)
persona_reference(_persona ${PERSONA_ZSH_COMPLETION_DIR} completion zsh)
persona_reference(persona.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d completion fish)
add_custom_target(reference ALL DEPENDS ${reference_files})
