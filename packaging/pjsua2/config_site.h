/* What our pjsua2 is built with, where that differs from pjproject's own choice. */
#define PJMEDIA_HAS_VIDEO       0
#define PJ_HAS_IPV6             1
/* Ring plans, a six-party conference and waiting calls together need more than the 4 calls and 8 accounts of upstream. */
#define PJSUA_MAX_CALLS         32
#define PJSUA_MAX_ACC           16
/* At the default of 64 a flood of connections from the network can trip an assertion. */
#define PJ_IOQUEUE_MAX_HANDLES  1024
/* Else every call asks the name server for our own host's name, and waits as long as that does not answer. */
#define PJ_GETHOSTIP_DISABLE_LOCAL_RESOLUTION 1
/* The echo canceller of WebRTC; off by default. */
#define PJMEDIA_HAS_WEBRTC_AEC3 1
/* At the default of 4,000 an INVITE with many codecs, candidates or headers is cut; what is longer than this gets 513. */
#define PJSIP_MAX_PKT_LEN       16384
/* Else a request of more than 1,300 bytes goes by TCP where UDP is configured, and to a phone that listens by UDP only. */
#define PJSIP_DONT_SWITCH_TO_TCP 1
/* At the default of 32 the formats behind them, perhaps one that we know, are not read. */
#define PJMEDIA_MAX_SDP_FMT     128
/* A connection that somebody else makes and that brings no whole message within 10 s is closed; upstream waits 600 s. */
#define PJSIP_TRANSPORT_SERVER_IDLE_TIME_FIRST 10
/* At the default of 2 others hear us 6 dB too quietly by G.722, and we them 6 dB too loudly. */
#define PJMEDIA_G722_DEFAULT_PCM_SHIFT 1
/* Else one loud sound makes a far end quieter until the call ends. */
#define PJMEDIA_G722_STOP_PCM_SHIFT_ON_CLIPPING 0
/* The default of 24 hexadecimal digits has fewer than the 128 random bits of RFC 8445 §5.3. */
#define PJ_ICE_PWD_LEN          40
/* Browsers call by DTLS-SRTP, which is off by default. */
#define PJMEDIA_SRTP_HAS_DTLS   1
/* At the default of 2,000 a long message of its handshake is cut. */
#define PJMEDIA_MAX_MRU         3000
