// What a confined process and its broker say to each other, as text.
#include "persona/broker/messages.hpp"

#include <doctest/doctest.h>

using namespace persona;
using broker::Message;

TEST_CASE("a message is read as it was written, whatever bytes its texts have") {
  const Message messages[] = {{"ok", 0, {}},
                              {"file", -7, {"/etc/persona/a b\n.yaml", "", std::string("\0\xff", 2)}},
                              {"abcdefghijklmnop", INT64_MAX, {"x"}}};
  for (const Message& message : messages) {
    const auto again = broker::read(broker::write(message));
    REQUIRE(again);
    CHECK(*again == message);
  }
  CHECK(broker::write({"file", 0, {"/a"}}) == "file 0 .2f61");
}

TEST_CASE("what is none is refused") {
  const std::string many = [] {
    Message message{"ok", 0, {}};
    message.texts.resize(257);
    return broker::write(message);
  }();
  for (const std::string_view line :
       {std::string_view(), std::string_view(" 0"), std::string_view("File 0"),
        std::string_view("abcdefghijklmnopq 0"), std::string_view("file"), std::string_view("file x"),
        std::string_view("file 1x"), std::string_view("file 99999999999999999999"),
        std::string_view("file 0 2f"), std::string_view("file 0 .2"), std::string_view("file 0 .2g"),
        std::string_view("file 0 .-1"), std::string_view("file 0  .2f"), std::string_view(many)}) {
    CAPTURE(line);
    CHECK_FALSE(broker::read(line));
  }
}
