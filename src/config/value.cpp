#include "value.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "persona/base/size.hpp"
#include "persona/base/text.hpp"
#include "persona/config/suggestion.hpp"

namespace persona::config {

namespace {

constexpr std::size_t longest_shown = 60;

std::string shortened(std::string_view text) {
  const std::string_view start = utf8_prefix(text, longest_shown);
  return in_quotes(start.size() < text.size() ? std::string(start) + "..." : std::string(text));
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += i == 0 ? "" : (i + 1 == words.size() ? " or " : ", ");
    out += in_quotes(words[i]);
  }
  return out;
}

std::string did_you_mean(std::string_view word, std::string_view prefix = "") {
  return word.empty() ? ""
                      : fmt::format("; did you mean {}?", in_quotes(std::string(prefix) + std::string(word)));
}

}  // namespace

void Value::error(std::string_view message) const {
  report_->error(node_->mark, fmt::format("{}: {}", path_, message), node_->length);
}

void Value::error_unseen(std::string_view message) const {
  report_->error({}, fmt::format("{} in line {}: {}", path_, node_->mark.line, message));
}

void Value::warning(std::string_view message) const {
  report_->warning(node_->mark, fmt::format("{}: {}", path_, message), node_->length);
}

std::optional<std::string> Value::text() const {
  if (node_->kind != Node::Kind::scalar) {
    error(fmt::format("expected a single value, found {}", describe(node_->kind)));
    return std::nullopt;
  }
  if (has_control_character(node_->text)) {
    error("control characters and line breaks have no place here");
    return std::nullopt;
  }
  return node_->text;
}

std::optional<bool> Value::boolean() const {
  const auto word = one_of({"true", "false"});
  return word ? std::optional(*word == "true") : std::nullopt;
}

std::optional<std::uint64_t> Value::integer(std::uint64_t least, std::uint64_t most,
                                            std::string_view alternative) const {
  const auto digits = text();
  if (!digits) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const char* end = digits->data() + digits->size();
  const auto [stop, failed] = std::from_chars(digits->data(), end, value);
  if (failed != std::errc() || stop != end || value < least || value > most) {
    error(fmt::format("expected {}a whole number from {} to {}, found {}", alternative, least, most,
                      shortened(*digits)));
    return std::nullopt;
  }
  return value;
}

template <class T>
std::optional<T> Value::parsed(Result<T> (*parse)(std::string_view)) const {
  const auto written = text();
  if (!written) {
    return std::nullopt;
  }
  auto value = parse(*written);
  if (!value) {
    error(value.error().message);
    return std::nullopt;
  }
  return std::move(*value);
}

std::optional<Milliseconds> Value::duration() const {
  return parsed(parse_duration);
}

std::optional<std::uint64_t> Value::size() const {
  return parsed(parse_size);
}

std::optional<Endpoint> Value::endpoint() const {
  return parsed(Endpoint::parse);
}

std::optional<Endpoint> Value::endpoint_to_listen() const {
  return parsed(Endpoint::parse_to_listen);
}

std::optional<std::string> Value::one_of(const std::vector<std::string_view>& words) const {
  auto word = text();
  if (word && std::find(words.begin(), words.end(), *word) == words.end()) {
    error(fmt::format("expected {}, found {}{}", joined(words), shortened(*word),
                      did_you_mean(closest(*word, words))));
    return std::nullopt;
  }
  return word;
}

std::vector<Value> Value::items() const {
  std::vector<Value> values;
  values.reserve(node_->items.size());
  for (const Node& item : node_->items) {
    values.emplace_back(*report_, item, path_);
  }
  return values;
}

std::vector<Value> Value::one_or_list() const {
  if (node_->kind == Node::Kind::scalar) {
    return {*this};
  }
  if (node_->kind != Node::Kind::list) {
    error(fmt::format("expected a single value or a list, found {}", describe(node_->kind)));
  } else if (node_->items.empty()) {
    error("the list is empty");
  }
  return items();
}

std::optional<std::vector<Value>> Value::list() const {
  if (node_->kind != Node::Kind::list) {
    error(fmt::format("expected a list such as [a, b], found {}", describe(node_->kind)));
    return std::nullopt;
  }
  return items();
}

Section Value::section() const {
  Section section(*report_, nullptr, path_ + ".", node_->mark, node_->length);
  if (node_->kind == Node::Kind::map) {
    section.map_ = node_;
  } else {
    error(fmt::format("expected a map of keys and values, found {}", describe(node_->kind)));
    section.unusable_ = true;
  }
  return section;
}

Section::Section(Report& report, const Node* map, std::string prefix, Mark mark, int length)
    : report_(&report), map_(map), prefix_(std::move(prefix)), mark_(mark), length_(length) {}

const Entry* Section::find(std::string_view key) const {
  if (map_ == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(map_->entries.begin(), map_->entries.end(),
                                  [key](const Entry& entry) { return entry.key.text == key; });
  return found == map_->entries.end() ? nullptr : &*found;
}

std::string Section::path_of(std::string_view key) const {
  return prefix_ + std::string(key);
}

std::optional<Value> Section::get(std::string_view key) {
  known_.emplace_back(key);
  const Entry* entry = find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  if (entry->value.kind == Node::Kind::empty) {
    report_->error(entry->key.mark, fmt::format("{} has no value", in_quotes(path_of(key))),
                   entry->key.length);
    return std::nullopt;
  }
  return Value(*report_, entry->value, path_of(key));
}

std::optional<Value> Section::require(std::string_view key) {
  if (!has(key) && !unusable_) {
    missing({key}, fmt::format("{} is missing", in_quotes(path_of(key))));
  }
  return get(key);
}

Section Section::section(std::string_view key) {
  const auto value = get(key);
  if (value) {
    Section inner = value->section();
    inner.mark_ = find(key)->key.mark;
    inner.length_ = find(key)->key.length;
    return inner;
  }
  Section absent(*report_, nullptr, path_of(key) + ".");
  // Without a value, which get() has reported, or under a name that finish() will report.
  absent.unusable_ = has(key) || has_misspelt(key);
  return absent;
}

// No two section names are that close to each other, so what is found is not another section.
bool Section::has_misspelt(std::string_view key) const {
  return map_ != nullptr &&
         std::any_of(map_->entries.begin(), map_->entries.end(), [key](const Entry& entry) {
           return entry.key.text.size() <= key.size() + 2 && edit_distance(entry.key.text, key) <= 2;
         });
}

void Section::missing(std::vector<std::string_view> keys, std::string message) {
  missing_.push_back({std::move(keys), std::move(message)});
}

void Section::refuse(std::string_view key, std::string_view because) {
  known_.emplace_back(key);
  if (const Entry* entry = find(key)) {
    report_->error(entry->key.mark, fmt::format("{} {}", in_quotes(path_of(key)), because),
                   entry->key.length);
  }
}

void Section::finish() {
  std::vector<std::string_view> meant;
  std::map<std::string_view, Mark> seen;
  const std::vector<Entry> none;
  for (const Entry& entry : map_ == nullptr ? none : map_->entries) {
    const Node& key = entry.key;
    if (key.kind != Node::Kind::scalar) {
      report_->error(key.mark, fmt::format("expected a key, found {}", describe(key.kind)), key.length);
      continue;
    }
    const auto [first, is_first] = seen.emplace(key.text, key.mark);
    if (!is_first) {
      report_->error(key.mark,
                     fmt::format("duplicate key {}; it is already on line {}", shortened(path_of(key.text)),
                                 first->second.line),
                     key.length);
    } else if (std::find(known_.begin(), known_.end(), key.text) == known_.end()) {
      meant.push_back(closest(key.text, known_));
      report_->error(
          key.mark,
          fmt::format("unknown key {}{}", shortened(path_of(key.text)), did_you_mean(meant.back(), prefix_)),
          key.length);
    }
  }
  for (const Missing& missing : missing_) {
    if (std::find_first_of(missing.keys.begin(), missing.keys.end(), meant.begin(), meant.end()) ==
        missing.keys.end()) {
      report_->error(mark_, missing.message, length_);
    }
  }
}

}  // namespace persona::config
