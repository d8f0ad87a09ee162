# What makes an error in memory harder to use. tests/integration/program_is_hardened.py reads it off the program;
# scripts/build-mbedtls does the same for mbedTLS.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)

check_pie_supported(OUTPUT_VARIABLE reason LANGUAGES CXX)
if(NOT CMAKE_CXX_LINK_PIE_SUPPORTED AND NOT WIN32)
  message(WARNING "The program will have a fixed address: ${reason}")
endif()

function(persona_harden target)
  target_compile_options(${target} INTERFACE -fstack-protector-strong)
  # Undefined first: some distributions' compilers define it themselves. 3 also knows the sizes of what is allocated.
  set(fortify 2)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    set(fortify 3)
  endif()
  target_compile_options(${target} INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify} -D_GLIBCXX_ASSERTIONS)
  if(WIN32)
    target_link_options(${target} INTERFACE -fstack-protector-strong) # both need libssp there
    return()
  endif()
  foreach(flag IN ITEMS -fstack-clash-protection -fcf-protection=full) # the second is for x86
    string(MAKE_C_IDENTIFIER "PERSONA_HAS${flag}" has)
    check_cxx_compiler_flag(${flag} ${has})
    if(${has})
      target_compile_options(${target} INTERFACE ${flag})
    endif()
  endforeach()
  target_link_options(${target} INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endfunction()
