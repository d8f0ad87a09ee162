#include "persona/agent/agent_signer.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <mbedtls/x509_crt.h>

#include "persona/agent/signed_content.hpp"
#include "persona/net/descriptor_line.hpp"
#include "persona/net/error.hpp"
#include "persona/net/timer.hpp"
#include "persona/x509/file.hpp"

namespace persona::agent {

namespace {

Result<net::DescriptorLine> connect(const Endpoint& place, Milliseconds wait) {
  net::Socket socket;
  const int code = net::connect_unix(place, socket, wait);
  switch (code) {
    case 0:
      return net::DescriptorLine(std::move(socket));
    case UV_ENOENT:
    case UV_ECONNREFUSED:
      return fail(ErrorKind::network, "nobody listens there; start it");
    case UV_EACCES:
      return fail(ErrorKind::network,
                  "this user may not open the socket; see the agent's listen.mode and group");
    case UV_EAGAIN:
      return fail(ErrorKind::network, "it accepts no connections");
    default:
      return fail(ErrorKind::network, "{}", net::error_words(code));
  }
}

tl::unexpected<Error> no_answer(const AgentPlace& place, std::string_view why) {
  return fail(ErrorKind::network, "{} does not answer: {}", place.words, why);
}

/// The answer, within `wait`. Blocks.
Result<Answer> ask(const AgentPlace& place, const Question& question, Milliseconds wait) {
  const Milliseconds end = net::precise_now() + wait;
  auto line = place.connect(wait);
  if (!line) {
    return no_answer(place, line.error().message);
  }
  // Whoever refuses hangs up at once: then this fails, and the reason waits to be read.
  static_cast<void>(line->send(write_question(question)));
  for (;;) {
    const auto received = line->receive();
    if (!received) {
      return no_answer(place, received.error().message);
    }
    if (*received) {
      auto answer = read_answer(**received);
      if (!answer) {
        return fail(ErrorKind::network, "{}: {}", place.words, answer.error().message);
      }
      return answer;
    }
    const Milliseconds left = end - net::precise_now();
    if (left.count() <= 0) {
      return no_answer(place, fmt::format("not within {} s", wait.count() / 1000));
    }
    static_cast<void>(line->wait(left));
  }
}

}  // namespace

AgentPlace AgentPlace::at(Endpoint socket) {
  std::string words = "the agent at " + socket.to_string();
  return {std::move(words),
          [socket = std::move(socket)](Milliseconds wait) { return agent::connect(socket, wait); }};
}

AgentPlace AgentPlace::beside(std::shared_ptr<const net::Switchboard> board) {
  return {"the process that has the keys",
          [board = std::move(board)](Milliseconds) { return board->connect(); },
          Milliseconds(60'000)};  // it reads keys first, which a token or a slow password takes seconds for
}

AgentSigner::AgentSigner(AgentPlace place, x509::CertificateList certificates)
    : place_(std::move(place)),
      certificates_(std::move(certificates)),
      key_(x509::spki_pin_of(*certificates_.get())) {}

Result<std::size_t> AgentSigner::sign_content(pk::Scheme scheme, pk::Hash hash, ByteView digest,
                                              ByteView content, ByteSpan signature) const {
  auto order = describe(scheme, hash, digest, content);
  if (!order) {
    return tl::unexpected(order.error());
  }
  const auto answer = ask(place_, {key_, std::move(*order)}, patience);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const Bytes& made = answer->signature;
  if (made.size() > signature.size() || !pk::verifies(certificates_.get()->pk, scheme, hash, digest, made)) {
    return fail(
        ErrorKind::network,
        "{} gave a signature that is not one by our certificate's key, which was not sent; see its log",
        place_.words);
  }
  std::copy(made.begin(), made.end(), signature.begin());
  return made.size();
}

Result<void> AgentSigner::probe(Milliseconds wait) const {
  const auto answer = ask(place_, {key_, std::nullopt}, wait);
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  for (const auto scheme : {pk::Scheme::ecdsa, pk::Scheme::rsa_pkcs1, pk::Scheme::rsa_pss}) {
    can_[static_cast<std::size_t>(scheme)] =
        !answer->schemes ||
        std::find(answer->schemes->begin(), answer->schemes->end(), scheme) != answer->schemes->end();
  }
  return {};
}

identity::Identity::Loaded load_identity(const std::filesystem::path& certificate, AgentPlace place,
                                         identity::IdentityUse use, std::string& away) {
  const auto refuse = [](Error error) {
    return tl::unexpected(
        std::vector<x509::LoadError>{{x509::LoadError::Part::certificate, 0, std::move(error.message)}});
  };
  const auto text = x509::read_file(certificate);
  if (!text) {
    return refuse(text.error());
  }
  x509::CertificateList certificates;
  if (auto parsed = certificates.append_pem(text->view(), certificate.string()); !parsed) {
    return refuse(parsed.error());
  }
  const Milliseconds patience = place.patience_to_probe;
  auto signer = std::make_unique<const AgentSigner>(std::move(place), std::move(certificates));
  const AgentSigner& agent = *signer;
  auto loaded = identity::Identity::with_signer(text->view(), std::move(signer), use, certificate.string());
  if (loaded) {
    const auto there = agent.probe(patience);
    away = there ? "" : there.error().message;
  }
  return loaded;
}

}  // namespace persona::agent
