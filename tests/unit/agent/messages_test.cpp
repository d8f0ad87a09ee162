#include "persona/agent/messages.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace persona;
using namespace persona::agent;

namespace {

Question question_of_test() {
  Question question;
  question.key.sha256.fill(0xab);
  question.order = ToSign{Message::tls13_server, pk::Scheme::rsa_pss, pk::Hash::sha384, Bytes(48, 0x07)};
  return question;
}

std::string replaced(std::string line, const std::string& old, const std::string& by) {
  const auto at = line.find(old);
  REQUIRE(at != std::string::npos);
  return line.replace(at, old.size(), by);
}

}  // namespace

TEST_CASE("questions are read as they were written") {
  for (const auto message : {Message::tls13_client, Message::tls13_server, Message::tls12_server_params,
                             Message::tls12_client_hash}) {
    for (const auto scheme : {pk::Scheme::ecdsa, pk::Scheme::rsa_pkcs1, pk::Scheme::rsa_pss}) {
      for (const auto hash : {pk::Hash::sha256, pk::Hash::sha384, pk::Hash::sha512}) {
        Question question = question_of_test();
        question.order = ToSign{message, scheme, hash, Bytes{0x00, 0x7f, 0xff}};
        const auto read = read_question(write_question(question));
        REQUIRE(read);
        CHECK(*read == question);
      }
    }
  }
  Question asks = question_of_test();
  asks.order.reset();
  const auto read = read_question(write_question(asks));
  REQUIRE(read);
  CHECK(*read == asks);
}

TEST_CASE("a question has the form that docs/agent.md shows") {
  const std::string line = write_question(question_of_test());
  for (const char* part : {R"("persona_agent":1)", R"("message":"tls13_server")", R"("scheme":"rsa_pss")",
                           R"("hash":"sha384")", R"("key":"abab)", R"("content":"0707)"}) {
    CHECK(line.find(part) != std::string::npos);
  }
}

TEST_CASE("what is no question of this version is refused in words") {
  const std::string line = write_question(question_of_test());
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"), std::string("1"),
        replaced(line, "\"persona_agent\":1", "\"persona_agent\":2"),
        replaced(line, "\"persona_agent\":1", "\"persona_agent\":\"1\""), replaced(line, "abab", "ABAB"),
        replaced(line, "abab", "ab"), replaced(line, "abab", "abax"), replaced(line, "0707", "070"),
        replaced(line, "0707", "zz07"), replaced(line, "tls13_server", "anything"),
        replaced(line, "rsa_pss", "rsa"), replaced(line, "sha384", "sha1"),
        replaced(line, "\"scheme\":\"rsa_pss\"", "\"scheme\":null"),
        replaced(line, "\"content\"", "\"contents\""),
        replaced(line, "0707", std::string(longest_line, '0'))}) {
    CAPTURE(bad.substr(0, 200));
    const auto read = read_question(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find("the question is not understood") != std::string::npos);
  }
}

TEST_CASE("answers are read as they were written") {
  const Bytes signature{0x30, 0x00, 0xff};
  const auto read = read_answer(write_answer({signature}));
  REQUIRE(read);
  CHECK(*read == Answer{signature});
  CHECK(*read_answer(write_answer({})) == Answer{});
  const Answer has_key{{}, std::vector{pk::Scheme::rsa_pss, pk::Scheme::ecdsa}};
  CHECK(write_answer(has_key) == R"({"has_key":true,"persona_agent":1,"schemes":["rsa_pss","ecdsa"]})");
  CHECK(*read_answer(write_answer(has_key)) == has_key);
  CHECK(*read_answer(R"({"has_key":true,"persona_agent":1,"schemes":["rsa_of_later",7,"rsa_pkcs1"]})") ==
        Answer{{}, std::vector{pk::Scheme::rsa_pkcs1}});
  CHECK(*read_answer(R"({"has_key":true,"persona_agent":1,"schemes":"ecdsa"})") == Answer{});
  const auto refused = read_answer(write_refusal("no\n\xff"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no\\n") == 0);
  for (const char* bad :
       {"", "garbage", "{}", R"({"persona_agent":1})", R"({"persona_agent":1,"signature":""})",
        R"({"persona_agent":1,"signature":"3"})", R"({"persona_agent":1,"signature":7})",
        R"({"persona_agent":1,"has_key":false})", R"({"persona_agent":2,"signature":"30"})"}) {
    CAPTURE(bad);
    const auto answer = read_answer(bad);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message.find("is not understood") != std::string::npos);
  }
}
