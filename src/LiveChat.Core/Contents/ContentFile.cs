using System.Buffers;
using System.IO.Hashing;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LiveChat.Core.Contents;

/// <summary>
/// A file with lines: each is a JSON object with a newline behind. The end of a chat has the number of its lines and
/// their XxHash128, the last line those of all before it. The same lines make the same bytes.
/// </summary>
internal static class ContentFile
{
    /// <summary>The longest line by far is a chat of many members or a message of 16 KB, escaped.</summary>
    public const int LineBytesMax = 4 << 20;

    /// <summary>Reads a file and checks it, one line at a time.</summary>
    /// <exception cref="ContentException">It is damaged, cut, or of another version; the message says in which line.
    /// </exception>
    public static async IAsyncEnumerable<ContentLine> ReadAsync(
        Stream file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sums = new LineSums();
        var input = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 1 << 20, leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                while (TryTake(ref buffer, out var bytes))
                {
                    var line = sums.Check(bytes);
                    yield return line;
                }

                if (buffer.Length > LineBytesMax) throw sums.Wrong($"is longer than {LineBytesMax} bytes.");
                if (read.IsCompleted) sums.CheckEnd(buffer.IsEmpty);
                if (read.IsCompleted) yield break;
                input.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await input.CompleteAsync();
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is not { } end)
        {
            line = default;
            return false;
        }

        var next = buffer.GetPosition(1, end);
        (line, buffer) = (buffer.Slice(0, next), buffer.Slice(next));
        return true;
    }

    /// <summary>What was read of a file: the number of the line, and the sums up to there.</summary>
    private sealed class LineSums
    {
        private readonly XxHash128 _ofAll = new();
        private readonly XxHash128 _ofChat = new();
        private long _number;
        private long _chatBegan;
        private bool _isEnd;

        public ContentLine Check(ReadOnlySequence<byte> bytes)
        {
            if (_isEnd) throw new ContentException($"Line {_number} is the last one, and more stands behind it.");
            _number++;
            var line = Parse(bytes);
            if (_number == 1) CheckHeader(line);
            switch (line)
            {
                case HeaderLine when _number > 1:
                    throw Wrong("is a first line.");
                case ChatLine when _chatBegan > 0:
                    throw Wrong($"begins a chat within the one of line {_chatBegan}.");
                case ChatLine:
                    _chatBegan = _number;
                    break;
                case ChatEndLine end:
                    CheckChat(end);
                    break;
                case EndLine end:
                    CheckAll(end);
                    break;
                default:
                    break;
            }

            foreach (var part in bytes) Append(part.Span);
            return line;
        }

        public void CheckEnd(bool isBetweenLines)
        {
            if (!isBetweenLines) throw new ContentException($"Line {_number + 1} is cut: the file ends within it.");
            if (!_isEnd)
                throw new ContentException(
                    $"The file is cut: it ends behind line {_number}, and its last line is not there.");
        }

        public ContentException Wrong(string what) => new($"Line {_number} {what}");

        private ContentLine Parse(ReadOnlySequence<byte> bytes)
        {
            try
            {
                var reader = new Utf8JsonReader(bytes);
                return JsonSerializer.Deserialize(ref reader, ContentJson.Default.ContentLine)
                    ?? throw Wrong("is not an object.");
            }
            catch (Exception wrong) when (wrong is JsonException or NotSupportedException or FormatException)
            {
                throw new ContentException(
                    _number == 1
                        ? "Line 1 does not say that this is an export of LiveChat."
                        : $"Line {_number} is damaged: {wrong.Message}",
                    wrong);
            }
        }

        private void CheckHeader(ContentLine line)
        {
            if (line is not HeaderLine header)
                throw Wrong("does not say that this is an export of LiveChat.");
            if (header.Version != HeaderLine.VersionNow)
                throw Wrong(
                    $"says version {header.Version}, and this program knows version {HeaderLine.VersionNow}: use the "
                    + "version of livechat that wrote it, or a newer one.");
        }

        private void CheckChat(ChatEndLine end)
        {
            if (_chatBegan == 0) throw Wrong("ends a chat that did not begin.");
            if (end.Lines != _number - _chatBegan || end.Sum != SumOf(_ofChat))
                throw new ContentException(
                    $"Lines {_chatBegan} to {_number} are damaged: they do not have the sum of their chat.");
            _ofChat.Reset();
            _chatBegan = 0;
        }

        private void CheckAll(EndLine end)
        {
            if (_chatBegan > 0) throw Wrong($"ends the file within the chat of line {_chatBegan}.");
            if (end.Lines != _number - 1 || end.Sum != SumOf(_ofAll))
                throw new ContentException($"Lines 1 to {_number} are damaged: they do not have their sum.");
            _isEnd = true;
        }

        private void Append(ReadOnlySpan<byte> bytes)
        {
            _ofAll.Append(bytes);
            if (_chatBegan > 0) _ofChat.Append(bytes);
        }
    }

    /// <summary>A checksum as lines say it.</summary>
    public static string SumOf(XxHash128 hash) => Convert.ToHexStringLower(hash.GetCurrentHash());
}

/// <summary>Writes lines into a file, and their sums. One thread.</summary>
internal sealed class ContentFileWriter(Stream file)
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1 << 16);
    private readonly XxHash128 _ofAll = new();
    private readonly XxHash128 _ofChat = new();
    private long _lines;
    private long? _chatLines;

    /// <summary>Writes a line; the end of a chat gets its sum.</summary>
    public void Write(ContentLine line)
    {
        if (line is ChatLine) _chatLines = 0;
        if (line is ChatEndLine) line = new ChatEndLine(_chatLines ?? 0, ContentFile.SumOf(_ofChat));
        _bytes.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_bytes))
            JsonSerializer.Serialize(json, line, ContentJson.Default.ContentLine);
        _bytes.Write("\n"u8);
        file.Write(_bytes.WrittenSpan);
        _ofAll.Append(_bytes.WrittenSpan);
        _lines++;
        if (line is ChatEndLine)
        {
            _chatLines = null;
            _ofChat.Reset();
        }
        else if (_chatLines is { } lines)
        {
            _chatLines = lines + 1;
            _ofChat.Append(_bytes.WrittenSpan);
        }
    }

    /// <summary>Writes the last line.</summary>
    public void End() => Write(new EndLine(_lines, ContentFile.SumOf(_ofAll)));
}
