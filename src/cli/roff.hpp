// A page for man(1), in the macros of man(7).
#pragma once

#include <string>
#include <string_view>

namespace persona::cli::roff {

/// Text as it is to be seen, whatever characters it has.
std::string escaped(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);

/// Grows from top to bottom. Arguments are plain text unless they say otherwise.
class Page {
 public:
  Page(std::string_view title, int chapter);

  void section(std::string_view name);
  void subsection(std::string_view name);
  void paragraph(std::string_view words);
  /// A term (roff) with what is said of it.
  void entry(std::string_view term, std::string_view words);
  void verbatim(std::string_view lines);
  void raw(std::string_view line);  ///< roff

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace persona::cli::roff
