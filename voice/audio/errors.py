"""Why a file could not be listened to, in words for the person who sent it."""

from voice.errors import VoiceError

_REASONS = {
    "empty": (400, "没有收到声音：文件是空的，请重新录一次。"),
    "too_large": (413, "声音文件太大了（最多 2 MB），请录短一点，或者用 MP3、M4A、AMR 等压缩格式。"),
    "too_long": (413, "这段声音太长了（最多 {seconds:g} 秒），请分几段说。"),
    "not_audio": (415, "这不是声音文件。请发 WAV、MP3、M4A、AAC、AMR、OGG、WebM、FLAC 或微信语音。"),
    "no_audio": (415, "这个文件里没有声音，请发一段录音。"),
    "broken": (422, "这个声音文件损坏了或不完整，没有解出声音，请重新录一次。"),
    "too_costly": (422, "这个声音文件不正常，没有办法打开，请重新录一次。"),
    "decoder_busy": (503, "现在发语音的人太多，请过几秒再发一次。"),
    "decoder_down": (503, "暂时不能听语音文件，请稍后再试，或者直接打字。"),
}


class AudioError(VoiceError):
    """A file that cannot be decoded; `code` is one of the reasons above, `status` the HTTP status that goes with it."""

    def __init__(self, code: str, *, seconds: float = 0.0, detail: str = "") -> None:
        status, message = _REASONS[code]
        super().__init__(message.format(seconds=seconds), code=code, detail=detail, status=status)
