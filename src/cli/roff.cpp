#include "roff.hpp"

#include <fmt/format.h>

namespace persona::cli::roff {

std::string escaped(std::string_view text) {
  std::string roff;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) {
      roff += "\\&";  // else a request
    }
    at_start = c == '\n';
    switch (c) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";  // else a hyphen, which nobody can paste into a shell
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '~':
        roff += "\\(ti";
        break;
      case '/':
      case '+':
        roff += c;
        roff += "\\:";  // paths and pins may be broken there
        break;
      case '^':
        roff += "\\(ha";
        break;
      default:
        roff += c;
    }
  }
  return roff;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

Page::Page(std::string_view title, int chapter) {
  text_ = fmt::format(".TH {} {} \"\" \"persona {}\"\n", title, chapter, PERSONA_VERSION);
  text_ += ".nh\n.ad l\n";  // words and commands stay whole, whatever the width is
}

void Page::section(std::string_view name) {
  text_ += fmt::format(".SH \"{}\"\n", escaped(name));
}

void Page::subsection(std::string_view name) {
  text_ += fmt::format(".SS \"{}\"\n", escaped(name));
}

void Page::paragraph(std::string_view words) {
  text_ += ".PP\n" + escaped(words) + '\n';
}

void Page::entry(std::string_view term, std::string_view words) {
  text_ += fmt::format(".TP\n{}\n{}\n", term, escaped(words));
}

void Page::verbatim(std::string_view lines) {
  text_ += ".PP\n.nf\n" + escaped(lines) + "\n.fi\n";
}

void Page::raw(std::string_view line) {
  text_ += fmt::format("{}\n", line);
}

}  // namespace persona::cli::roff
