#include "persona/agent/messages.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "persona/base/text.hpp"

namespace persona::agent {

namespace {

using Json = nlohmann::json;

constexpr int version = 1;

template <class T, std::size_t count>
using Words = std::array<std::pair<T, std::string_view>, count>;

constexpr Words<Message, 4> messages{{{Message::tls13_client, "tls13_client"},
                                      {Message::tls13_server, "tls13_server"},
                                      {Message::tls12_server_params, "tls12_server_params"},
                                      {Message::tls12_client_hash, "tls12_client_hash"}}};
constexpr Words<pk::Scheme, 3> schemes{
    {{pk::Scheme::ecdsa, "ecdsa"}, {pk::Scheme::rsa_pkcs1, "rsa_pkcs1"}, {pk::Scheme::rsa_pss, "rsa_pss"}}};
constexpr Words<pk::Hash, 3> hashes{
    {{pk::Hash::sha256, "sha256"}, {pk::Hash::sha384, "sha384"}, {pk::Hash::sha512, "sha512"}}};

template <class T, std::size_t count>
std::string_view word_of(const Words<T, count>& words, T value) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& each) { return each.first == value; });
  return found == words.end() ? std::string_view() : found->second;
}

/// What the object has under `key`; null if it has nothing.
Json member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

template <class T, std::size_t count>
std::optional<T> value_of(const Words<T, count>& words, const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& each) { return text != nullptr && *text == each.second; });
  return found == words.end() ? std::nullopt : std::optional(found->first);
}

std::string hex(ByteView bytes) {
  return fmt::format("{:02x}", fmt::join(bytes.begin(), bytes.end(), ""));
}

std::optional<std::uint8_t> digit(char c) {
  if (is_digit(c)) {
    return static_cast<std::uint8_t>(c - '0');
  }
  return c >= 'a' && c <= 'f' ? std::optional(static_cast<std::uint8_t>(c - 'a' + 10)) : std::nullopt;
}

/// Nothing: not a string of lower case hexadecimal digits, two for a byte.
std::optional<Bytes> from_hex(const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->size() % 2 != 0) {
    return std::nullopt;
  }
  Bytes bytes;
  bytes.reserve(text->size() / 2);
  for (std::size_t at = 0; at < text->size(); at += 2) {
    const auto high = digit((*text)[at]);
    const auto low = digit((*text)[at + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<std::uint8_t>(*high * 16 + *low));
  }
  return bytes;
}

/// An object of our version; a discarded value if the line is none.
Json parse(std::string_view line) {
  Json value =
      line.size() <= longest_line ? Json::parse(line, nullptr, false) : Json(Json::value_t::discarded);
  return value.is_object() && member(value, "persona_agent") == version ? value
                                                                        : Json(Json::value_t::discarded);
}

tl::unexpected<Error> not_understood(std::string_view what) {
  return fail(ErrorKind::peer, "the question is not understood: {}", what);
}

/// Nothing: it is no list. Words of other versions are passed over.
std::optional<std::vector<pk::Scheme>> read_schemes(const Json& list) {
  if (!list.is_array()) {
    return std::nullopt;
  }
  std::vector<pk::Scheme> found;
  for (const Json& each : list) {
    if (const auto scheme = value_of(schemes, each)) {
      found.push_back(*scheme);
    }
  }
  return found;
}

}  // namespace

std::string_view to_string(Message message) {
  return word_of(messages, message);
}

std::string write_question(const Question& question) {
  Json value{{"persona_agent", version}, {"key", hex(question.key.sha256)}};
  if (question.order) {
    value["message"] = to_string(question.order->message);
    value["scheme"] = word_of(schemes, question.order->scheme);
    value["hash"] = word_of(hashes, question.order->hash);
    value["content"] = hex(question.order->content);
  }
  return value.dump();
}

Result<Question> read_question(std::string_view line) {
  const Json value = parse(line);
  if (!value.is_object()) {
    return not_understood("it is no JSON object with \"persona_agent\": 1, in a line of at most 8192 bytes");
  }
  Question question;
  const auto key = from_hex(member(value, "key"));
  if (!key || key->size() != question.key.sha256.size()) {
    return not_understood("\"key\" is not a SHA-256 in lower case hexadecimal digits");
  }
  std::copy(key->begin(), key->end(), question.key.sha256.begin());
  if (!value.contains("message")) {
    return question;
  }
  const auto message = value_of(messages, member(value, "message"));
  const auto scheme = value_of(schemes, member(value, "scheme"));
  const auto hash = value_of(hashes, member(value, "hash"));
  auto content = from_hex(member(value, "content"));
  if (!message || !scheme || !hash) {
    return not_understood("\"message\", \"scheme\" or \"hash\" is no word of this version");
  }
  if (!content) {
    return not_understood("\"content\" is not in lower case hexadecimal digits");
  }
  question.order = ToSign{*message, *scheme, *hash, std::move(*content)};
  return question;
}

std::string write_answer(const Answer& answer) {
  Json value = Json::object();
  value["persona_agent"] = version;
  if (!answer.signature.empty()) {
    value["signature"] = hex(answer.signature);
    return value.dump();
  }
  value["has_key"] = true;
  if (answer.schemes) {
    value["schemes"] = Json::array();
    for (const pk::Scheme each : *answer.schemes) {
      value["schemes"].push_back(word_of(schemes, each));
    }
  }
  return value.dump();
}

std::string write_refusal(std::string_view why) {
  // It may name a file, whose name may be of any bytes.
  return Json{{"persona_agent", version}, {"refused", why}}.dump(-1, ' ', false,
                                                                 Json::error_handler_t::replace);
}

Result<Answer> read_answer(std::string_view line) {
  const Json value = parse(line);
  if (value.is_object()) {
    if (const Json why = member(value, "refused"); why.is_string()) {
      return fail(ErrorKind::peer, "{}", printable(why.get<std::string>()));
    }
    if (auto signature = from_hex(member(value, "signature")); signature && !signature->empty()) {
      return Answer{std::move(*signature)};
    }
    if (member(value, "has_key") == true) {
      return Answer{{}, read_schemes(member(value, "schemes"))};
    }
  }
  return fail(ErrorKind::peer, "what it says is not understood: it may be of another version, or no agent");
}

}  // namespace persona::agent
