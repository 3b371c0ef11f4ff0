namespace LiveChat.Cql.Errors;

/// <summary>
/// An answer had more bytes than <see cref="CqlOptions.BodyBytesMax"/>. It was passed over; other requests on the
/// connection go on. A smaller page, or fewer columns, may fit.
/// </summary>
public sealed class CqlTooLargeException : CqlException
{
    internal CqlTooLargeException(int bytes, int bytesMax, bool isOutcomeUnknown)
        : base($"The answer has {bytes} bytes, the limit is {bytesMax}.")
    {
        Bytes = bytes;
        IsOutcomeUnknown = isOutcomeUnknown;
    }

    /// <summary>The size of the answer, in bytes.</summary>
    public int Bytes { get; }

    /// <summary>Of a write: whether the answer was an error was not read.</summary>
    public override bool IsOutcomeUnknown { get; }
}
