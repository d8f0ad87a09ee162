# The zip for Windows (`cpack --preset windows`): the program, stripped, with all that its user reads.
install(TARGETS persona RUNTIME DESTINATION .)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/conf DESTINATION .)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION .)
install(FILES ${CMAKE_SOURCE_DIR}/docs/windows.md ${CMAKE_SOURCE_DIR}/docs/verification.md
  ${CMAKE_SOURCE_DIR}/docs/certificates.md DESTINATION docs)
# Of what is linked in; scripts/setup-windows collects them.
if(PERSONA_WINDOWS_PREFIX)
  install(DIRECTORY ${PERSONA_WINDOWS_PREFIX}/share/licenses DESTINATION .)
endif()
set(CPACK_GENERATOR ZIP)
set(CPACK_PACKAGE_FILE_NAME persona-windows-x64)
set(CPACK_STRIP_FILES ON)
include(CPack)
