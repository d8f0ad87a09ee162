// The one source file that knows yaml-cpp. It listens to the parser's events instead of asking for a finished
// YAML::Node: that keeps duplicate keys and bounds what aliases and nesting can make of a small file.
#include "document.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "persona/base/text.hpp"

namespace persona::config {

namespace {

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostText = 2 * kLargestFile;  // aliases can repeat a long text

// Thrown through yaml-cpp's parser by the handler.
struct Refused : std::runtime_error {
  Refused(Mark at, const std::string& message) : std::runtime_error(message), mark(at) {}
  Mark mark;
};

// yaml-cpp counts bytes from zero, people count characters from one.
class Marks {
 public:
  explicit Marks(std::string_view text) {
    columns_.reserve(text.size() + 1);
    int column = 1;
    while (!text.empty()) {
      const std::size_t length = std::max<std::size_t>(utf8_sequence_length(text), 1);
      columns_.insert(columns_.end(), length, column);
      column = text.front() == '\n' ? 1 : column + 1;
      text.remove_prefix(length);
    }
    columns_.push_back(column);
  }

  Mark at(const YAML::Mark& mark) const {
    if (mark.is_null()) {
      return {};
    }
    const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
    return {mark.line + 1, columns_[std::min(offset, columns_.size() - 1)]};
  }

 private:
  std::vector<int> columns_;  // of every byte
};

struct Size {
  std::size_t nodes = 1;
  std::size_t text = 0;
  std::size_t depth = 1;
};

Size size_of(const Node& node) {
  Size size;
  size.text = node.text.size();
  const auto add = [&size](const Node& child) {
    const Size inner = size_of(child);
    size.nodes += inner.nodes;
    size.text += inner.text;
    size.depth = std::max(size.depth, inner.depth + 1);
  };
  std::for_each(node.items.begin(), node.items.end(), add);
  for (const Entry& entry : node.entries) {
    add(entry.key);
    add(entry.value);
  }
  return size;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Marks& marks) : marks_(marks) {}

  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refused(marks_.at(mark), "a second YAML document starts here; write one file per service");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    begin(Node::Kind::empty, mark, "", anchor);
    end();
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      throw Refused(marks_.at(mark), "this alias is inside what it refers to");
    }
    const Size size = size_of(found->second);
    count(size, marks_.at(mark));
    check_depth(size.depth, marks_.at(mark));
    add(Node(found->second));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = begin(Node::Kind::scalar, mark, tag, anchor);
    const bool in_quotation_marks = tag == "!";
    node.length = static_cast<int>(utf8_length(value)) + (in_quotation_marks ? 2 : 0);
    node.text = value;
    count({0, value.size(), 0}, node.mark);
    end();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    bool key_read = false;  // map: the last entry still waits for its value
  };

  Node& begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Mark at = marks_.at(mark);
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused(at, "YAML tags are not supported");
    }
    count({}, at);
    check_depth(1, at);
    open_.push_back({});
    open_.back().node.kind = kind;
    open_.back().node.mark = at;
    open_.back().anchor = anchor;
    return open_.back().node;
  }

  void end() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor != 0) {
      count(size_of(done.node), done.node.mark);
      anchors_[done.anchor] = done.node;
    }
    add(std::move(done.node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.key_read) {
      parent.node.entries.back().value = std::move(node);
      parent.key_read = false;
    } else {
      parent.node.entries.push_back({std::move(node), {}});
      parent.key_read = true;
    }
  }

  void count(const Size& size, const Mark& mark) {
    nodes_ += size.nodes;
    text_ += size.text;
    if (nodes_ > kMostNodes || text_ > kMostText) {
      throw Refused(mark, "the file has too many values, counting what aliases repeat");
    }
  }

  void check_depth(std::size_t added, const Mark& mark) const {
    if (open_.size() + added > kDeepest) {
      throw Refused(mark, fmt::format("lists and maps are nested more than {} deep", kDeepest));
    }
  }

  const Marks& marks_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  Node root_;
  std::size_t nodes_ = 0;
  std::size_t text_ = 0;
  int documents_ = 0;
};

// yaml-cpp fails somewhere after a tab without naming it.
std::optional<Mark> find_tab_indentation(std::string_view text, int last_line) {
  for (int line = 1; line <= last_line && !text.empty(); ++line) {
    const std::size_t indentation = std::min(text.find_first_not_of(" \t"), text.size());
    const std::size_t tab = text.substr(0, indentation).find('\t');
    if (tab != std::string_view::npos) {
      return Mark{line, static_cast<int>(tab) + 1};
    }
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return std::nullopt;
}

void report_syntax_error(const YAML::Exception& error, const Marks& marks, std::string_view text,
                         Report& report) {
  const Mark mark = marks.at(error.mark);
  if (const auto tab = find_tab_indentation(text, mark.line)) {
    report.error(*tab, "a tab indents this line; YAML wants spaces");
  } else {
    report.error(mark, fmt::format("not valid YAML: {}", printable(error.msg)));
  }
}

}  // namespace

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::empty:
      break;
  }
  return "nothing";
}

std::optional<Node> read_document(std::string_view text, Report& report) {
  try {
    const Marks marks(text);
    TreeBuilder builder(marks);
    try {
      std::istringstream stream{std::string(text)};
      YAML::Parser parser(stream);
      while (parser.HandleNextDocument(builder)) {
      }
    } catch (const YAML::Exception& error) {
      report_syntax_error(error, marks, text, report);
      return std::nullopt;
    } catch (const Refused& refused) {
      report.error(refused.mark, refused.what());
      return std::nullopt;
    }
    return builder.take_root();
  } catch (const std::exception& error) {
    report.error({}, fmt::format("cannot be read: {}", error.what()));
    return std::nullopt;
  }
}

}  // namespace persona::config
