// What is wrong with a configuration file, shown the way a compiler would.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace persona::config {

/// A place in a file; both 1-based. Line 0: the file as a whole, which is shown as its beginning, without a
/// caret.
struct Mark {
  int line = 0;
  int column = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Diagnostic {
  enum class Severity { error, warning };

  Severity severity = Severity::error;
  Mark mark;
  int length = 1;  ///< how many characters the caret line underlines
  std::string message;
};

/// The text of one file and what was found in it. Later stages add their findings before it is shown.
class Report {
 public:
  Report() = default;
  Report(std::filesystem::path file, std::string_view text);

  void error(Mark mark, std::string message, int length = 1);
  void warning(Mark mark, std::string message, int length = 1);

  bool has_errors() const;
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  /// All findings in the order of the file:
  ///
  ///     conf/pg.yaml:3:1: unknown key "gatway"; did you mean "gateway"?
  ///       3 | gatway: db.example.com:5433
  ///         | ^~~~~~
  ///
  /// A warning reads "FILE:LINE:COL: warning: ...". Ends with a line end unless there is nothing to show.
  std::string render() const;

  /// One finding on one line, for a log: "conf/pg.yaml:3:1: unknown key ..."
  std::string sentence(const Diagnostic& found) const;

 private:
  std::filesystem::path file_;
  std::vector<std::string> lines_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace persona::config
