using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;

namespace LiveChat.Client;

/// <summary>Turns what a failed connect threw, and what the server answered, into a reason that a person can act on.
/// </summary>
[UnsupportedOSPlatform("browser")] // It tells a page nothing about a failed connect.
internal static class ConnectFailure
{
    /// <summary>The reason of an upgrade that failed.</summary>
    /// <param name="address">The address that was tried.</param>
    /// <param name="failed">What the socket threw.</param>
    /// <param name="status">The HTTP status of the answer; 0 when there was none.</param>
    /// <param name="headers">The headers of the answer; null when there was none.</param>
    /// <param name="now">The time, for a <c>Retry-After</c> that is a date.</param>
    public static TransportException Of(
        Uri address,
        Exception failed,
        HttpStatusCode status,
        IReadOnlyDictionary<string, IEnumerable<string>>? headers,
        DateTimeOffset now) => status switch
    {
        0 => Unanswered(address, failed),
        HttpStatusCode.SwitchingProtocols => new TransportException(
            $"{address.Authority} does not speak {WebSocketTransport.Subprotocol}", failed) { IsBlocked = true },
        _ => Answered(address, status, After(First(headers, "Retry-After"), now), failed),
    };

    /// <summary>The reason of a request that was answered with another status than it should be.</summary>
    public static TransportException Answered(Uri address, HttpResponseMessage answer, DateTimeOffset now) => Answered(
        address,
        answer.StatusCode,
        After(answer.Headers.TryGetValues("Retry-After", out var values) ? values.First() : null, now),
        null);

    /// <summary>The reason of a request that was not answered.</summary>
    public static TransportException Unanswered(Uri address, Exception failed)
    {
        // The same would happen to every transport.
        var isUnreachable = Inner<AuthenticationException>(failed) is not null
            || Inner<HttpRequestException>(failed)?.HttpRequestError is HttpRequestError.SecureConnectionError
            || Inner<SocketException>(failed) is
            {
                SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                    or SocketError.NoRecovery or SocketError.ConnectionRefused or SocketError.HostUnreachable
                    or SocketError.NetworkUnreachable or SocketError.TimedOut,
            };
        return new TransportException(Unanswered(address.Authority, failed), failed) { IsBlocked = !isUnreachable };
    }

    /// <summary>A server that is there, and says so, lets no transport through now.</summary>
    private static TransportException Answered(
        Uri address, HttpStatusCode status, TimeSpan? after, Exception? failed) =>
        new(Answered(address, status), failed)
        {
            Status = (int)status,
            RetryAfter = after,
            IsBlocked = TransportException.IsOnTheWay((int)status),
        };

    private static string Answered(Uri address, HttpStatusCode status)
    {
        var answer = string.Create(
            CultureInfo.InvariantCulture, $"{address.Authority} answered with HTTP {(int)status}");
        return status switch
        {
            HttpStatusCode.NotFound => $"{answer}: there is no {address.AbsolutePath}",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"{answer}: it refuses this client",
            HttpStatusCode.ServiceUnavailable => $"{answer}: it takes no connections now",
            _ => $"{answer} instead of a WebSocket",
        };
    }

    private static string Unanswered(string place, Exception failed)
    {
        if (Inner<AuthenticationException>(failed) is { } tls)
            return $"TLS with {place} failed: {tls.Message.Trim('.')}";
        if (Inner<SocketException>(failed) is { } socket)
        {
            switch (socket.SocketErrorCode)
            {
                case SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery:
                    return $"the name of {place} cannot be resolved";
                case SocketError.ConnectionRefused:
                    return $"{place} refuses connections";
                default:
                    break;
            }
        }

        return Inner<HttpRequestException>(failed)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"the name of {place} cannot be resolved",
            HttpRequestError.SecureConnectionError => $"TLS with {place} failed",
            HttpRequestError.InvalidResponse => $"{place} speaks another protocol",
            HttpRequestError.ResponseEnded => $"{place} closed the connection without an answer",
            _ => $"{place} cannot be reached: {Innermost(failed).Message.Trim('.')}",
        };
    }

    private static TimeSpan? After(string? value, DateTimeOffset now)
    {
        if (!RetryConditionHeaderValue.TryParse(value, out var parsed)) return null;
        return parsed.Delta ?? (parsed.Date is { } date && date > now ? date - now : null);
    }

    private static string? First(IReadOnlyDictionary<string, IEnumerable<string>>? headers, string name) =>
        headers?.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value
            ?.FirstOrDefault();

    private static T? Inner<T>(Exception failed)
        where T : Exception
    {
        for (var one = failed; one is not null; one = one.InnerException)
        {
            if (one is T found) return found;
        }

        return null;
    }

    private static Exception Innermost(Exception failed) => failed.GetBaseException();
}
