using System.Text.Json;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// Reads and writes the frames that nearly all traffic consists of, a plain message and its answer, without the
/// serializer, which makes a dozen objects for each. It takes only what it knows to the last member: whatever else
/// there is goes by the <see cref="FrameTable"/>, and what both take gives the same frame and the same bytes. Free of
/// state, hence for every thread.
/// </summary>
internal static class UsualFrames
{
    private static readonly UtcTimeConverter Times = new();
    private static readonly JsonEncodedText Chat = JsonEncodedText.Encode("chat");
    private static readonly JsonEncodedText Seq = JsonEncodedText.Encode("seq");
    private static readonly JsonEncodedText N = JsonEncodedText.Encode("n");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText ClientId = JsonEncodedText.Encode("client_id");
    private static readonly JsonEncodedText Sender = JsonEncodedText.Encode("sender");
    private static readonly JsonEncodedText SentAt = JsonEncodedText.Encode("sent_at");
    private static readonly JsonEncodedText Body = JsonEncodedText.Encode("body");
    private static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
    private static readonly JsonEncodedText Format = JsonEncodedText.Encode("format");
    private static readonly JsonEncodedText ReplyTo = JsonEncodedText.Encode("reply_to");
    private static readonly JsonEncodedText Duplicate = JsonEncodedText.Encode("duplicate");

    /// <summary>The message whose data begins where the reader stands; null when there is anything unusual about it,
    /// also when it is wrong.</summary>
    public static MessageSend? ReadMessage(Utf8JsonReader data, uint? number)
    {
        string? chat = null;
        string? clientId = null;
        MessageBody? body = null;
        if (data.TokenType != JsonTokenType.StartObject) return null;
        while (data.Read() && data.TokenType == JsonTokenType.PropertyName)
        {
            bool isTaken;
            if (data.ValueTextEquals("chat"u8)) isTaken = TryTake(ref data, ref chat);
            else if (data.ValueTextEquals("client_id"u8)) isTaken = TryTake(ref data, ref clientId);
            else isTaken = body is null && data.ValueTextEquals("body"u8) && TryTakeBody(ref data, out body);
            if (!isTaken) return null;
        }

        return chat is null || clientId is null || body is null
            ? null
            : new MessageSend { Id = number, Chat = chat, ClientId = clientId, Body = body };
    }

    /// <summary>Writes the data of a frame; false when there is anything unusual about it, and nothing is written.
    /// </summary>
    public static bool TryWriteData(Utf8JsonWriter writer, ServerFrame frame)
    {
        switch (frame)
        {
            case Ack ack:
                Write(writer, ack);
                return true;
            case MessageCreated
            {
                Unreadable: null, EditedSeq: null, DeletedSeq: null, Reactions: null,
                Body: { Mentions: null, Custom: null } body,
            } message:
                Write(writer, message, body);
                return true;
            default:
                return false;
        }
    }

    private static void Write(Utf8JsonWriter writer, Ack ack)
    {
        writer.WriteStartObject();
        writer.WriteString(Chat, ack.Chat);
        if (ack.Id is { } id) writer.WriteString(Id, id);
        writer.WriteNumber(Seq, ack.Seq);
        writer.WriteBoolean(Duplicate, ack.Duplicate);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, MessageCreated message, MessageBody body)
    {
        writer.WriteStartObject();
        writer.WriteString(Chat, message.Chat);
        writer.WriteNumber(Seq, message.Seq);
        writer.WriteNumber(N, message.N);
        writer.WriteString(Id, message.Id);
        writer.WriteString(ClientId, message.ClientId);
        writer.WriteString(Sender, message.Sender);
        writer.WritePropertyName(SentAt);
        Times.Write(writer, message.SentAt, FrameJsonContext.Default.Options);
        writer.WriteStartObject(Body);
        writer.WriteString(Text, body.Text);
        if (body.Format is { } format) writer.WriteString(Format, format);
        if (body.ReplyTo is { } target) writer.WriteNumber(ReplyTo, target);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static bool TryTakeBody(ref Utf8JsonReader data, out MessageBody? body)
    {
        string? text = null;
        string? format = null;
        long? replyTo = null;
        body = null;
        if (!data.Read() || data.TokenType != JsonTokenType.StartObject) return false;
        while (data.Read() && data.TokenType == JsonTokenType.PropertyName)
        {
            bool isTaken;
            if (data.ValueTextEquals("text"u8)) isTaken = TryTake(ref data, ref text);
            else if (data.ValueTextEquals("format"u8)) isTaken = TryTake(ref data, ref format);
            else isTaken = data.ValueTextEquals("reply_to"u8) && TryTake(ref data, ref replyTo);
            if (!isTaken) return false;
        }

        if (text is null) return false;
        body = new MessageBody { Text = text, Format = format, ReplyTo = replyTo };
        return true;
    }

    private static bool TryTake(ref Utf8JsonReader data, ref string? value)
    {
        if (value is not null || !data.Read() || data.TokenType != JsonTokenType.String) return false;
        value = data.GetString();
        return true;
    }

    private static bool TryTake(ref Utf8JsonReader data, ref long? value)
    {
        if (value is not null || !data.Read() || data.TokenType != JsonTokenType.Number) return false;
        if (!data.TryGetInt64(out var number)) return false;
        value = number;
        return true;
    }
}
