#include "base/event_text.hpp"

#include <doctest/doctest.h>

using persona::log::event_json;
using persona::log::event_text;
using persona::log::longest_event;

TEST_CASE("the Event Viewer finds no insertion in an entry") {
  CHECK(event_text("100% of fe80::1%12 and /a%20b, 5%%1") == "100% of fe80::1% 12 and /a% 20b, 5%% 1");
  CHECK(event_text("%") == "%");
  CHECK(event_json(R"({"client":"fe80::1%12","load":"100%"})") ==
        R"({"client":"fe80::1\u002512","load":"100%"})");
}

TEST_CASE("an entry may have lines, all else that is no text is escaped") {
  CHECK(event_text("one\ntwo\r\n  three") == "one\r\ntwo\r\n  three");
  CHECK(event_text("one\n\ntwo\n") == "one\r\n\r\ntwo");
  CHECK(event_text("a\x1b[2J\tb\rc\xff") == "a\\u001b[2J\\tb\\rc\\xff");
  CHECK(event_text("").empty());
}

TEST_CASE("an entry that is too long says how much of it is missing") {
  const std::string longest(longest_event, 'x');
  CHECK(event_text(longest) == longest);
  const std::string cut = event_text(longest + "y");
  CHECK(cut.size() <= longest_event);
  CHECK(cut ==
        std::string(longest_event - 64, 'x') + "... (the entry was too long: 65 characters are missing)");
}

TEST_CASE("an entry is measured in UTF-16 and cut between characters") {
  std::string smileys;  // two units each
  for (std::size_t i = 0; i < longest_event / 2; ++i) {
    smileys += "\xf0\x9f\x98\x80";
  }
  CHECK(event_text(smileys) == smileys);
  const std::string cut = event_text(smileys + "\xf0\x9f\x98\x80");
  CHECK(cut.substr(0, cut.find("...")).size() == (longest_event - 64) / 2 * 4);
  std::string accents;  // one unit each
  for (std::size_t i = 0; i < longest_event; ++i) {
    accents += "\xc3\xa9";
  }
  CHECK(event_text(accents) == accents);
  CHECK(event_text(accents + "x").ends_with("65 characters are missing)"));
}
