jsonCallback({
  "drMessage": null,
  "services": [
    {"serviceName": "Made-up Store", "redirectUrl": null, "events": [
      {"messageId": "4001", "statusType": "Outage", "message": "Nobody can buy.", "usersAffected": "Some users are affected", "datePosted": "06/01/2026 05:00 PDT", "startDate": "06/01/2026 03:00 PDT", "endDate": null, "epochStartDate": 1780308000000, "epochEndDate": null, "affectedServices": null, "eventStatus": "ongoing"}
    ]},
    {"serviceName": "Made-up Music", "redirectUrl": null, "events": [
      {"messageId": "4001", "statusType": "Outage", "message": "Nobody can buy.", "usersAffected": "Some users are affected", "datePosted": "06/01/2026 05:00 PDT", "startDate": "06/01/2026 03:00 PDT", "endDate": null, "epochStartDate": 1780308000000, "epochEndDate": null, "affectedServices": "Made-up Store, Made-up Music", "eventStatus": "ongoing"},
      {"messageId": "4000", "statusType": "Performance", "message": "Songs were late.", "usersAffected": "All users were affected", "datePosted": "05/31/2026 05:00 PDT", "startDate": "05/31/2026 03:00 PDT", "endDate": "05/31/2026 04:00 PDT", "epochStartDate": 1780221600000, "epochEndDate": 1780225200000, "affectedServices": null, "eventStatus": "resolved"}
    ]},
    {"serviceName": "Made-up Maps", "redirectUrl": null, "events": [
      {"messageId": "4002", "statusType": "Maintenance", "message": "Maps will be drawn anew.", "usersAffected": "", "datePosted": "05/30/2026 05:00 PST", "startDate": "07/02/2026 03:00 PDT", "endDate": "07/02/2026 04:00 PDT", "affectedServices": ["Made-up Maps"], "eventStatus": "upcoming"}
    ]},
    {"serviceName": "Made-up Mail", "redirectUrl": null, "events": []}
  ]
});
