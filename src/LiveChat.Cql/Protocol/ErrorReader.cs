using System.Net;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// Reads the body of ERROR into the exception of its code, with every field that the server sends (9).
/// </summary>
internal static class ErrorReader
{
    public static CqlServerException Read(ref BodyReader reader, ProtocolVersion version)
    {
        var code = reader.ReadInt();
        var message = reader.ReadString();
        return code switch
        {
            0x0000 => new CqlServerErrorException(message),
            0x000A => new CqlServerProtocolException(message),
            0x0100 => new CqlAuthenticationException(message),
            0x1000 => new CqlUnavailableException(message)
            {
                Consistency = ReadConsistency(ref reader), Required = reader.ReadInt(), Alive = reader.ReadInt(),
            },
            0x1001 => new CqlOverloadedException(message),
            0x1002 => new CqlIsBootstrappingException(message),
            0x1003 => new CqlTruncateException(message),
            0x1100 => ReadWriteTimeout(ref reader, message),
            0x1200 => new CqlReadTimeoutException(message)
            {
                Consistency = ReadConsistency(ref reader), Received = reader.ReadInt(),
                BlockFor = reader.ReadInt(), IsDataPresent = reader.ReadByte() != 0,
            },
            0x1300 => ReadReadFailure(ref reader, message, version),
            0x1400 => new CqlFunctionFailureException(message)
            {
                Keyspace = reader.ReadString(), Function = reader.ReadString(),
                ArgumentTypes = reader.ReadStringList(),
            },
            0x1500 => ReadWriteFailure(ref reader, message, version),
            0x1600 => new CqlCdcWriteFailureException(message),
            0x1700 => new CqlCasWriteUnknownException(message)
            {
                Consistency = ReadConsistency(ref reader), Received = reader.ReadInt(), BlockFor = reader.ReadInt(),
            },
            0x2000 => new CqlSyntaxException(message),
            0x2100 => new CqlUnauthorizedException(message),
            0x2200 => new CqlInvalidQueryException(message),
            0x2300 => new CqlConfigurationException(message),
            0x2400 => new CqlAlreadyExistsException(message)
            {
                Keyspace = reader.ReadString(), Table = reader.ReadString(),
            },
            0x2500 => new CqlUnpreparedException(message) { StatementId = reader.ReadShortBytes().ToArray() },
            _ => new CqlUnknownServerException(code, message),
        };
    }

    private static Consistency ReadConsistency(ref BodyReader reader) => (Consistency)reader.ReadShort();

    private static CqlWriteTimeoutException ReadWriteTimeout(ref BodyReader reader, string message)
    {
        var consistency = ReadConsistency(ref reader);
        var received = reader.ReadInt();
        var blockFor = reader.ReadInt();
        var writeType = reader.ReadString();
        return new CqlWriteTimeoutException(message)
        {
            Consistency = consistency, Received = received, BlockFor = blockFor, WriteType = writeType,
            Contentions = writeType == "CAS" && reader.Left >= 2 ? reader.ReadShort() : null,
        };
    }

    private static CqlReadFailureException ReadReadFailure(
        ref BodyReader reader, string message, ProtocolVersion version)
    {
        var consistency = ReadConsistency(ref reader);
        var received = reader.ReadInt();
        var blockFor = reader.ReadInt();
        var (count, reasons) = ReadFailures(ref reader, version);
        return new CqlReadFailureException(message)
        {
            Consistency = consistency, Received = received, BlockFor = blockFor,
            FailureCount = count, Reasons = reasons, IsDataPresent = reader.ReadByte() != 0,
        };
    }

    private static CqlWriteFailureException ReadWriteFailure(
        ref BodyReader reader, string message, ProtocolVersion version)
    {
        var consistency = ReadConsistency(ref reader);
        var received = reader.ReadInt();
        var blockFor = reader.ReadInt();
        var (count, reasons) = ReadFailures(ref reader, version);
        return new CqlWriteFailureException(message)
        {
            Consistency = consistency, Received = received, BlockFor = blockFor,
            FailureCount = count, Reasons = reasons, WriteType = reader.ReadString(),
        };
    }

    /// <summary>v4 sends the number of failures alone, v5 a map from address to reason code.</summary>
    private static (int Count, Dictionary<IPAddress, int> Reasons) ReadFailures(
        ref BodyReader reader, ProtocolVersion version)
    {
        var reasons = new Dictionary<IPAddress, int>();
        if (version < ProtocolVersion.V5) return (reader.ReadInt(), reasons);
        var count = reader.ReadCount(7);
        for (var index = 0; index < count; index++)
        {
            var address = reader.ReadInetAddress();
            reasons[address] = reader.ReadShort();
        }

        return (count, reasons);
    }
}
