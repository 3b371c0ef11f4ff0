namespace LiveChat.Core.History.Reading;

/// <summary>The answer to a read: what was asked for, or the error code that goes to the wire.</summary>
internal readonly record struct ReadResult<T>
    where T : class
{
    private ReadResult(T? value, string? error) => (Value, Error) = (value, error);

    public T? Value { get; }

    /// <summary>One of <see cref="Protocol.ErrorCode"/>; null with a value.</summary>
    public string? Error { get; }

    public static ReadResult<T> Of(T value) => new(value, null);

    public static ReadResult<T> Refused(string error) => new(null, error);
}
