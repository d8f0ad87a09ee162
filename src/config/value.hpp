// A cursor over the document: reads values of one type and reports, at their place, those that do not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node.hpp"
#include "persona/config/config.hpp"

namespace persona::config {

class Section;

/// A value with its key's path ("tls.ciphers"). Cheap to copy; the report and the document must outlive it.
class Value {
 public:
  Value(Report& report, const Node& node, std::string path)
      : report_(&report), node_(&node), path_(std::move(path)) {}

  Mark mark() const { return node_->mark; }
  Node::Kind kind() const { return node_->kind; }
  const std::string& path() const { return path_; }

  void error(std::string_view message) const;  ///< "PATH: message"
  void warning(std::string_view message) const;
  /// The same as error(), without the line of the file: it has what is not to be shown.
  void error_unseen(std::string_view message) const;

  // Each reports a value that does not fit, and then returns nothing.
  std::optional<std::string> text() const;
  std::optional<bool> boolean() const;
  std::optional<std::uint64_t> integer(std::uint64_t least, std::uint64_t most,
                                       std::string_view alternative = "") const;
  std::optional<Milliseconds> duration() const;
  std::optional<std::uint64_t> size() const;  ///< bytes
  std::optional<Endpoint> endpoint() const;
  std::optional<Endpoint> endpoint_to_listen() const;  ///< also systemd:NAME
  std::optional<std::string> one_of(const std::vector<std::string_view>& words) const;
  std::vector<Value> one_or_list() const;          ///< empty lists are reported
  std::optional<std::vector<Value>> list() const;  ///< may be empty
  Section section() const;

 private:
  template <class T>
  std::optional<T> parsed(Result<T> (*parse)(std::string_view)) const;
  std::vector<Value> items() const;

  Report* report_;
  const Node* node_;
  std::string path_;
};

/// A map whose keys are asked for one by one. finish() reports the keys nobody asked for, and the required
/// ones that are not there, unless one of the former is a misspelling of it.
class Section {
 public:
  /// `map` null: not in the file, every key is missing.
  Section(Report& report, const Node* map, std::string prefix, Mark mark = {}, int length = 1);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  std::optional<Value> get(std::string_view key);      ///< a key without a value is reported
  std::optional<Value> require(std::string_view key);  ///< finish() reports it when it is not there
  void missing(std::vector<std::string_view> keys,
               std::string message);  ///< one of these must be there, or finish() reports `message`
  Section section(std::string_view key);
  void refuse(std::string_view key, std::string_view because);  ///< `"key" because`, when it is there
  void finish();

 private:
  friend class Value;

  struct Missing {
    std::vector<std::string_view> keys;
    std::string message;
  };

  bool has_misspelt(std::string_view key) const;
  const Entry* find(std::string_view key) const;
  std::string path_of(std::string_view key) const;

  Report* report_;
  const Node* map_;
  std::string prefix_;  // "tls."
  Mark mark_;           // of the section's own key: where missing ones are reported
  int length_;
  bool unusable_ = false;                // something other than a map was reported already
  std::vector<std::string_view> known_;  // literals
  std::vector<Missing> missing_;
};

}  // namespace persona::config
