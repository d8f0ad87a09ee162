#include "reference.hpp"

#include "command_table.hpp"
#include "commands.hpp"
#include "completion.hpp"
#include "manual.hpp"

namespace persona::cli {

namespace {

constexpr const char* completion_footer =
    "Now:           eval \"$(persona completion bash)\"     (or zsh, after compinit)\n"
    "               persona completion fish | source\n"
    "For good:      persona completion bash >/usr/share/bash-completion/completions/persona\n"
    "               persona completion zsh >/usr/share/zsh/vendor-completions/_persona\n"
    "               persona completion fish >/usr/share/fish/vendor_completions.d/persona.fish";

constexpr const char* manual_footer =
    "To read one:   persona manual persona.yaml | man -l -\n"
    "For good:      persona manual >/usr/local/share/man/man1/persona.1\n"
    "               persona manual persona.yaml >/usr/local/share/man/man5/persona.yaml.5";

}  // namespace

Reference::Reference(CLI::App& app)
    : app_(app),
      completion_(
          *app.add_subcommand("completion", "Print a script by which a shell completes this command line")),
      manual_(*app.add_subcommand("manual", "Print a manual page, for man")) {
  completion_.add_option("SHELL", shell_, "Whose script")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  completion_.footer(completion_footer);
  manual_.add_option("PAGE", page_, "persona(1) or persona.yaml(5)")
      ->check(CLI::IsMember({"persona", "persona.yaml"}))
      ->type_name("")
      ->capture_default_str();
  manual_.add_flag("--markdown", markdown_, "persona.yaml in Markdown: docs/configuration.md");
  manual_.footer(manual_footer);
}

int Reference::run(std::FILE* out) const {
  const CommandRow table = command_table(app_);
  std::string text;
  if (completion_.parsed()) {
    const Shell shell = shell_ == "bash" ? Shell::bash : shell_ == "zsh" ? Shell::zsh : Shell::fish;
    text = completion_script(shell, table);
  } else if (markdown_) {
    if (page_ != "persona.yaml") {
      std::fprintf(stderr,
                   "persona: --markdown is for persona.yaml: persona manual persona.yaml --markdown\n");
      return exit_usage;
    }
    text = markdown_of_configuration(full_configuration());
  } else {
    text = page_ == "persona" ? manual_of_command(table) : manual_of_configuration(full_configuration());
  }
  std::fputs(text.c_str(), out);
  return exit_done;
}

}  // namespace persona::cli
