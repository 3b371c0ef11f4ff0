namespace LiveChat.Protocol.Frames;

/// <summary>An error as RFC 9457 has it, with a stable code; the same on WebSocket and HTTP.</summary>
public sealed record Problem
{
    /// <summary>One of <see cref="ErrorCode"/>.</summary>
    public required string Code { get; init; }

    /// <summary>One sentence for a person.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status that goes with the code.</summary>
    public required int Status { get; init; }

    /// <summary>Whether the same command may be sent again.</summary>
    public required bool Retryable { get; init; }

    /// <summary>How long to wait before, in milliseconds.</summary>
    public int? RetryAfterMs { get; init; }

    /// <summary>What exactly, without anybody else's content.</summary>
    public string? Detail { get; init; }

    /// <summary>The fields that break a rule.</summary>
    public IReadOnlyList<FieldProblem>? Errors { get; init; }

    /// <summary>What is wrong in one sentence for a person: the detail, else the title, and the fields with their
    /// rules.</summary>
    public string Describe()
    {
        var sentence = Detail ?? Title;
        if (Errors is not { Count: > 0 }) return sentence;
        var fields = Errors.Select(static field => $"{field.Pointer} ({field.Code})");
        return $"{sentence.TrimEnd('.')}: {string.Join(", ", fields)}.";
    }
}

/// <summary>A field that breaks a rule.</summary>
/// <param name="Pointer">Its JSON pointer within <c>data</c>.</param>
/// <param name="Code">Which rule, in snake_case.</param>
public sealed record FieldProblem(string Pointer, string Code);
