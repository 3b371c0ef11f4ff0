using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Api;

/// <summary>
/// Requests that ended with an exception. What is no HTTP is the sender's mistake, and a store that is away passes;
/// anything else is ours, and the answer says nothing of it but the number under which the log has it.
/// </summary>
internal sealed partial class ApiFailures(ILogger<ApiFailures> logger)
{
    public void Use(IApplicationBuilder app) =>
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = AnswerAsync });

    private Task AnswerAsync(HttpContext context)
    {
        var failure = context.Features.GetRequiredFeature<IExceptionHandlerFeature>().Error;
        if (failure is BadHttpRequestException broken)
            return ApiAnswer.WriteAsync(context, ApiAnswer.ProblemOf(broken.StatusCode));
        if (failure is HistoryUnavailableException or IdUnavailableException)
            return ApiAnswer.WriteAsync(context, Problems.Of(failure));

        LogFailed(failure, context.TraceIdentifier);
        return ApiAnswer.WriteAsync(
            context, Problems.Of(ErrorCode.Internal, $"The request was {context.TraceIdentifier}."));
    }

    [LoggerMessage(8015, LogLevel.Error, "Request {Request} failed.")]
    private partial void LogFailed(Exception failure, string request);
}
