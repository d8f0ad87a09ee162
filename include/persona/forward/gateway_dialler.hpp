// Turns the configured gateways into one that is verified: stages 2 and 3 of mode persona, and a reload's
// trial.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persona/dialect/upgrade.hpp"
#include "persona/forward/conversing.hpp"
#include "persona/forward/dialler.hpp"
#include "persona/forward/handshaking.hpp"

namespace persona::forward {

class Inquiry;

/// Dials, asks the proxy if there is one, then for TLS if that has to be negotiated, performs the TLS
/// handshake, and continues with the next address if any of it fails.
///
/// The first gateway that ends the connection without a word, and after which there is no other to try, is
/// asked whether it is PostgreSQL before the end is told (Inquiry); the failure of any that does not speak
/// TLS says what it is (first_mistakes.hpp). None of this with `gateway.negotiate`, where dialect::Upgrade
/// says it; and behind a proxy nobody is asked again.
///
/// Loop's thread only; destroying it cancels everything without an event.
class GatewayDialler final : private Dialler::Events,
                             private Conversing::Events,
                             private Handshaking::Events {
 public:
  /// What an attempt begins with now.
  enum class Stage {
    asking_proxy,  ///< connected to the proxy: it is asked for a way
    upgrading,     ///< reached: the database is asked for TLS
    handshaking,   ///< reached, and agreed to TLS if it was asked
  };

  /// Unless stated otherwise, the dialler does nothing more after an event, which may therefore destroy it.
  class Events {
   public:
    /// endpoint() is verified. If it turns out to be useless, failed() continues with the next address.
    virtual void on_gateway_verified(net::HandlePtr<net::Stream> stream, Handshaking::Verified verified) = 0;

    /// `gateway.negotiate: mysql`: what the database greets its client with. Its answer is for
    /// client_answered(), and the client's session can only be with this database from now on; or there is no
    /// client, which is for without_client(). The event must not destroy the dialler.
    virtual void on_greeting(ByteView greeting) = 0;

    /// How far the attempt has come, which is of interest to whoever explains it. The event must not destroy
    /// the dialler.
    virtual void on_stage(Stage) {}

    /// What the gateway asks of our certificate. The event must not destroy the dialler.
    virtual void on_certificate_request(const tls::CertificateRequest&) {}

    /// target() failed, and another address is dialled now. The event must not destroy the dialler.
    virtual void on_next_address(const End& why) = 0;

    /// Every address failed; `why` is for the last one.
    virtual void on_given_up(const End& why) = 0;

   protected:
    ~Events() = default;
  };

  struct Options {
    Dialler::Options dial;
    Milliseconds handshake_timeout{0};  ///< per attempt; 0: none
    bool resumes = true;                ///< offer and keep tickets
    bool notes_request = false;         ///< on_certificate_request() is told
  };

  /// All references must outlive the dialler.
  GatewayDialler(const Handshaking::Place& place, net::Resolver& resolver, const Generation& generation,
                 const Options& options, Events& events);
  ~GatewayDialler();
  GatewayDialler(const GatewayDialler&) = delete;
  GatewayDialler& operator=(const GatewayDialler&) = delete;

  void start() { dialler_.start(); }

  /// What was verified is useless after all, and must have been destroyed already. An event follows from
  /// within the call.
  void failed(End why) { dialler_.failed(std::move(why)); }

  /// All that the client's facade has passed onward so far; ignored unless a greeting was answered by it. An
  /// event may follow from within the call.
  void client_answered(ByteView onward);
  void without_client();

  const Endpoint& endpoint() const { return dialler_.endpoint(); }
  std::string target() const { return dialler_.target(); }
  /// Our own address towards it; empty until it is connected.
  std::string source() const { return source_.is_ip() ? source_.to_string() : std::string(); }

 private:
  void on_connected(net::HandlePtr<net::Stream> stream) override;
  void on_next_address(const End& why) override;
  void on_given_up(const End& why) override;
  void on_agreed(Buffer rest) override;
  void on_client_wanted() override;
  void on_dialogue_failed(const End& why) override;
  void on_verified(Handshaking::Verified verified) override;
  void on_handshake_failed(const End& why) override;
  void on_certificate_request(const tls::CertificateRequest& request) override {
    events_.on_certificate_request(request);
  }
  void ask_proxy(const Proxy& proxy);
  void reached(ByteView before);
  void ask_for_tls(Protocol protocol, ByteView before);
  void shake_hands(ByteView before);
  End first_mistake(End why) const;
  void useless(const End& why);

  const Handshaking::Place place_;
  const Generation& generation_;
  const Options options_;
  Events& events_;
  Dialler dialler_;
  net::HandlePtr<net::Stream> stream_;    // connected, until it is verified
  std::optional<Conversing> conversing_;  // with the proxy, then with the database
  dialect::Upgrade* upgrade_ = nullptr;   // in conversing_, if that is with the database
  bool greeted_ = false;                  // the client has been, by a database
  std::optional<Handshaking> handshaking_;
  net::SocketAddress address_;  // the latest that was connected
  net::SocketAddress source_;   // our own, of that connection
  bool unanswered_ = false;     // it ended without a word, and nothing has been tried since
  std::unique_ptr<Inquiry> inquiry_;
};

}  // namespace persona::forward
