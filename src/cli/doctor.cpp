// persona doctor: is everything there that a connection needs, tried step by step.
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "persona/doctor/examination.hpp"
#include "persona/doctor/report.hpp"
#include "persona/host/process.hpp"
#include "prepare.hpp"
#include "reload.hpp"

namespace persona::cli {

namespace {

/// All services at once; what is known of one is shown as soon as all before it are done.
class Clinic {
 public:
  Clinic(net::Loop& loop, std::FILE* out, bool json, bool colour)
      : loop_(loop), pool_(2), out_(out), json_(json), colour_(colour) {}

  void admit(Prepared prepared) {
    const std::size_t index = reports_.size();
    doctor::Report report{prepared.config.name, prepared.config.file, prepared.config.mode};
    reload::Loaded loaded = to_loaded(std::move(prepared));
    for (const std::string& sentence : loaded.errors) {
      report.steps.push_back({doctor::Kind::configuration, doctor::State::failed, "", sentence});
    }
    for (const std::string& sentence : loaded.warnings) {
      report.steps.push_back({doctor::Kind::configuration, doctor::State::warning, "", sentence});
    }
    if (!loaded.material) {
      reports_.emplace_back(std::move(report));
      return;
    }
    reports_.emplace_back();
    ++under_way_;
    examinations_.push_back(
        std::make_unique<doctor::Examination>(loop_, pool_, resolver_, std::move(*loaded.material),
                                              std::move(report), [this, index](doctor::Report found) {
                                                reports_[index] = std::move(found);
                                                show();
                                                if (--under_way_ == 0) {
                                                  loop_.finish();
                                                }
                                              }));
  }

  /// False: something has failed.
  bool run() {
    show();
    if (under_way_ == 0) {
      loop_.finish();
    }
    loop_.run();
    bool good = true;
    std::vector<doctor::Report> all;
    for (std::optional<doctor::Report>& report : reports_) {
      good = good && report->good();
      all.push_back(std::move(*report));
    }
    if (json_) {
      std::fputs(doctor::render_json(all).c_str(), out_);
    }
    return good;
  }

 private:
  void show() {
    for (; !json_ && shown_ < reports_.size() && reports_[shown_]; ++shown_) {
      std::fputs(doctor::render_text(*reports_[shown_], colour_).c_str(), out_);
      std::fflush(out_);
    }
  }

  net::Loop& loop_;
  net::Resolver resolver_;
  forward::HandshakePool pool_;
  std::FILE* out_;
  const bool json_;
  const bool colour_;
  std::vector<std::unique_ptr<doctor::Examination>> examinations_;
  std::vector<std::optional<doctor::Report>> reports_;  // by service; absent: under way
  std::size_t shown_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace

int doctor(const std::filesystem::path& config, bool json, std::FILE* out, std::FILE* err) {
  auto services = prepare_all(config);
  if (!services) {
    std::fprintf(err, "persona: %s\n", services.error().message.c_str());
    return exit_usage;
  }
  auto loop = net::Loop::create();
  if (!loop) {
    std::fprintf(err, "persona: %s\n", loop.error().message.c_str());
    return exit_failure;
  }
  bool good = false;
  {
    Clinic clinic(**loop, out, json, host::takes_colour(out));
    for (Prepared& service : *services) {
      clinic.admit(std::move(service));
    }
    good = clinic.run();
  }
  if (!(*loop)->close()) {
    std::fprintf(err, "persona: loop not closed: a handle leaked; please report this\n");
    return exit_failure;
  }
  return good ? exit_done : exit_failure;
}

}  // namespace persona::cli
