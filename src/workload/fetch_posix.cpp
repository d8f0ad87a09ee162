#include <chrono>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <optional>
#include <string.h>
#include <unistd.h>

#include <fmt/format.h>

#include "fetch.hpp"
#include "persona/base/text.hpp"
#include "workload.grpc.pb.h"

namespace persona::workload {

namespace {

constexpr int connect_milliseconds = 10'000;  // an agent that accepts and says nothing is given up then

constexpr std::chrono::seconds time_to_finish{1};

/// gRPC takes it for a URI (RFC 3986 section 2.1).
std::string uri_of(const Endpoint& agent) {
  std::string uri = "unix:";
  for (const char c : agent.path) {
    const bool plain = is_letter_or_digit(c) || std::string_view("/-._~").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

/// A connection of its own for each: what an earlier one has learnt of an agent that was away does not count.
std::shared_ptr<grpc::Channel> channel_to(const Endpoint& agent) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(spiffe::largest_push));
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, connect_milliseconds);
  return grpc::CreateCustomChannel(uri_of(agent), grpc::InsecureChannelCredentials(), arguments);
}

/// One call and its answers, each of which is waited for.
class Conversation {
 public:
  explicit Conversation(SpiffeWorkloadAPI::Stub& stub) {
    context_.AddMetadata("workload.spiffe.io",
                         "true");  // SPIFFE_Workload_Endpoint.md: a forged request lacks it
    reader_ = stub.PrepareAsyncFetchX509SVID(&context_, X509SVIDRequest(), &queue_);
    reader_->StartCall(this);
    static_cast<void>(wait());
  }

  ~Conversation() {
    queue_.Shutdown();
    while (wait()) {
    }
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  bool read(X509SVIDResponse& response) {
    reader_->Read(&response, this);
    return wait();
  }

  /// Once nothing more can be read. No value: it was not the agent that ended it, but a message that cannot
  /// be parsed, of which gRPC says no more.
  std::optional<grpc::Status> finish() {
    grpc::Status status;
    reader_->Finish(&status, this);
    void* tag = nullptr;
    bool good = false;
    if (queue_.AsyncNext(&tag, &good, std::chrono::system_clock::now() + time_to_finish) !=
        grpc::CompletionQueue::TIMEOUT) {
      return status;
    }
    context_.TryCancel();
    static_cast<void>(wait());
    return std::nullopt;
  }

 private:
  bool wait() {
    void* tag = nullptr;
    bool good = false;
    return queue_.Next(&tag, &good) && good;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<X509SVIDResponse>> reader_;
};

Bytes bytes_of(const std::string& text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// Wipes the keys in `response`.
spiffe::Update update_of(X509SVIDResponse& response) {
  spiffe::Update update;
  for (X509SVID& each : *response.mutable_svids()) {
    std::string& key = *each.mutable_x509_svid_key();
    update.svids.push_back(
        {each.spiffe_id(), bytes_of(each.x509_svid()), x509::Secret(key), bytes_of(each.bundle())});
    explicit_bzero(key.data(), key.size());
  }
  for (const auto& [domain, bundle] : response.federated_bundles()) {
    update.federated.push_back({domain, bytes_of(bundle)});
  }
  for (const std::string& crl : response.crl()) {
    update.crls.push_back(bytes_of(crl));
  }
  return update;
}

std::string sentence_of(const grpc::Status& status, const Endpoint& agent) {
  const std::string where = fmt::format("the SPIFFE agent at {}", agent.to_string());
  switch (status.error_code()) {
    case grpc::StatusCode::PERMISSION_DENIED:
      return fmt::format(
          "{} has no identity for this process (uid {}, {}): register it as a workload (with SPIRE: "
          "spire-server entry create -selector unix:uid:{}): {}",
          where, geteuid(), "the program persona-spiffe", geteuid(), status.error_message());
    case grpc::StatusCode::UNIMPLEMENTED:
      return fmt::format("what answers at {} is no SPIFFE agent: {}", agent.to_string(),
                         status.error_message());
    case grpc::StatusCode::UNAVAILABLE:
      return fmt::format("{} is away: {}", where, status.error_message());
    case grpc::StatusCode::OK:
      return fmt::format("{} has ended the conversation", where);
    default:
      return fmt::format("{} refuses (gRPC code {}): {}", where, static_cast<int>(status.error_code()),
                         status.error_message());
  }
}

}  // namespace

Ending fetch(const Endpoint& agent, const std::function<void(spiffe::Update)>& pushed) {
  const auto stub = SpiffeWorkloadAPI::NewStub(channel_to(agent));
  Conversation conversation(*stub);
  Ending ending;
  X509SVIDResponse response;
  while (conversation.read(response)) {
    ending.had_update = true;
    pushed(update_of(response));
  }
  const auto status = conversation.finish();
  ending.sentence = status ? sentence_of(*status, agent)
                           : fmt::format(
                                 "the SPIFFE agent at {} has sent what cannot be used: it is no "
                                 "X509SVIDResponse",
                                 agent.to_string());
  return ending;
}

}  // namespace persona::workload
