#include "host/command_line.hpp"

#include <doctest/doctest.h>

using namespace persona::host;

using Words = std::vector<std::string>;

TEST_CASE("what was joined is found again") {
  for (const Words& words :
       {Words{"persona.exe"}, Words{R"(C:\Program Files\persona\persona.exe)", "run"}, Words{"p", ""},
        Words{"p", "", ""}, Words{"p", "a b", R"(a\b)", R"(a\\b c)", R"(ends with \)", R"(\)", R"(\\)"},
        Words{"p", R"(")", R"("")", R"(a"b)", R"(a\"b)", R"(a\\"b c)", R"(\" \\" \\\")"},
        Words{"p", "a\tb", "a\nb"}, Words{"p", "d\u00fcrer \u65e5\u672c"}}) {
    const std::string line = join_command_line(words);
    CAPTURE(line);
    CHECK(split_command_line(line) == words);
  }
}

TEST_CASE("quoted as the program that is started expects it") {
  CHECK(join_command_line({R"(C:\a b\p.exe)", "run", R"(C:\c d\)", R"(C:\e\)", R"(f"g)", R"(h\"i)", ""}) ==
        R"("C:\a b\p.exe" run "C:\c d\\" C:\e\ "f\"g" "h\\\"i" "")");
}

TEST_CASE("lines that others have written") {
  CHECK(split_command_line("") == Words{});
  CHECK(split_command_line(R"(C:\Windows\system32\svchost.exe -k  netsvcs	-p )") ==
        Words{R"(C:\Windows\system32\svchost.exe)", "-k", "netsvcs", "-p"});
  CHECK(split_command_line(R"("C:\a b\c.exe")") == Words{R"(C:\a b\c.exe)"});
  CHECK(split_command_line(R"("C:\a\" b)") == Words{R"(C:\a\)", "b"});  // no escapes in the program
  CHECK(split_command_line(R"(p a" b"c "d)") == Words{"p", "a bc", "d"});
  CHECK(split_command_line(R"(p "a""b c" d)") == Words{"p", R"(a"b)", "c d"});
  CHECK(split_command_line(" p") == Words{"", "p"});
  CHECK(split_command_line("\"") == Words{""});
}

TEST_CASE("our services are known by their image paths") {
  const ServiceCommand command{R"(C:\Program Files\persona\persona.exe)", R"(D:\conf d\pg.yaml)", "pg"};
  CHECK(command.image_path() ==
        R"("C:\Program Files\persona\persona.exe" run --config "D:\conf d\pg.yaml" --service pg)");
  const auto found = ServiceCommand::parse(command.image_path(), "PG");
  REQUIRE(found.has_value());
  CHECK(found->program == command.program);
  CHECK(found->config == command.config);
  CHECK(found->service == "pg");
  CHECK(ServiceCommand::parse(R"(C:\x\PERSONA.EXE run --config a --service pg)", "pg").has_value());
}

TEST_CASE("services of others are not ours") {
  for (const char* other :
       {"", R"(C:\Windows\system32\spoolsv.exe)", R"("C:\x\persona.exe")",
        R"(C:\x\notpersona.exe run --config a --service pg)", R"(C:\x\persona run --config a --service pg)",
        R"(C:\persona.exe\x.exe run --config a --service pg)", R"(C:\x\persona.exe run --config a)",
        R"(C:\x\persona.exe run --config a --service pg2)",
        R"(C:\x\persona.exe check --config a --service pg)",
        R"(C:\x\persona.exe run --config a --service pg --more)",
        R"(cmd.exe /c persona.exe run --config a --service pg)",
        R"(C:\x\persona.exe run --kubeconfig a --service pg)",
        R"(C:\x\persona.exe run --config a --servant pg)"}) {
    CAPTURE(other);
    CHECK_FALSE(ServiceCommand::parse(other, "pg").has_value());
  }
}
