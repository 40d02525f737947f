/* Queues of FreeRTOS: declarations only, written for these tests. */
#ifndef INC_QUEUE_H
#define INC_QUEUE_H

QueueHandle_t xQueueCreate(UBaseType_t length, UBaseType_t size);
BaseType_t xQueueGenericSend(QueueHandle_t queue, const void *item, TickType_t wait, BaseType_t position);
BaseType_t xQueueGenericSendFromISR(QueueHandle_t queue, const void *item, BaseType_t *woken, BaseType_t position);
BaseType_t xQueueReceive(QueueHandle_t queue, void *item, TickType_t wait);
#define xQueueSend(queue, item, wait) xQueueGenericSend((queue), (item), (wait), 0)
#define xQueueSendFromISR(queue, item, woken) xQueueGenericSendFromISR((queue), (item), (woken), 0)

#endif
